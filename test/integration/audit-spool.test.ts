import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { prepareSpoolFolder } from '../../src/audit/spool/spool-folder.ts'
import { startAuditReceiver, type AuditReceiver } from '../support/audit-receiver.ts'
import { makeRecord } from '../support/own-evidence.ts'
import { startApp, type RunningApp } from '../support/run-app.ts'
import { faultsOfStreams, readPlace, type EvidencePlace } from '../support/streams.ts'
import { hasNothingAdopted, makeSpoolFolder, startTrail, type TestTrail } from '../support/trail.ts'

let receiver: AuditReceiver
let spool: ReturnType<typeof makeSpoolFolder>
beforeEach(async () => {
  receiver = await startAuditReceiver()
  spool = makeSpoolFolder()
})
afterEach(async () => {
  await receiver[Symbol.asyncDispose]()
  spool[Symbol.dispose]()
})

function startRecorder(environment: Record<string, string> = {}): RunningApp {
  return startApp(
    'spool/recorder.ts',
    { SPOOL: spool.path, URL: receiver.url, ...environment },
    { nodeArguments: [] },
  )
}

/** The ids that a recorder has said were kept. */
const keptBy = (stdout: string): string[] =>
  [...stdout.matchAll(/^kept (\S+) \S+ \d+$/gm)].map(([, id]) => id!)

/** A trail that adopts what is left, until nothing is. */
async function deliverTheRest(): Promise<void> {
  const trail = startTrail(spool.path, receiver.url)
  await trail.append(makeRecord('event'), 'stored')
  while (lanes().length > 1 || !hasNothingAdopted(spool.path)) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  receiver.decide(undefined)
  await trail.end(5_000, true)
  expect(lanes()).toEqual([])
}

/** Without those whose maker was killed before they could be seen: they hold nothing, and go a minute later. */
const lanes = (): string[] =>
  readdirSync(spool.path).filter((name) => name !== 'parked' && !name.startsWith('.'))
const committedPlaces = (): EvidencePlace[] =>
  [...receiver.committed.values()].map(({ evidence }) => readPlace(evidence))

/** Everything that was kept has arrived, and every stream is whole. */
function expectWhole(kept: readonly string[]): void {
  expect(kept.filter((id) => !receiver.committed.has(id))).toEqual([])
  expect(faultsOfStreams([...receiver.committed.values()].map(({ evidence }) => evidence))).toEqual(
    [],
  )
}

/** Each stream says once how it ended, itself or another one in its stead, and rightly. */
function expectEnds(): void {
  const places = committedPlaces()
  const stops = places.filter(({ eventName }) => eventName === 'telltale.audit.trail.stopped')
  for (const streamId of new Set(places.map((place) => place.streamId))) {
    const own = places.filter((place) => place.streamId === streamId)
    const last = Math.max(...own.map(({ sequence }) => sequence))
    const clean = stops.filter(
      (stop) => stop.streamId === streamId && stop.details['clean'] === true,
    )
    const found = stops.filter(({ details }) => details['stream'] === streamId)
    expect(clean.length + found.length).toBe(1)
    expect(clean[0]?.sequence ?? found[0]?.details['lastSequence']).toBe(last)
  }
}

describe('a process that is killed', () => {
  test('at any moment loses no record whose promise was kept, and the next one says so', async () => {
    let requests = 0
    receiver.decide(() => {
      requests += 1
      // Some are refused for now, of some the reply is lost after the commit.
      if (requests % 5 === 1) return { status: 503, headers: { 'retry-after': '0' } }
      return requests % 5 === 3 ? { status: 200, cut: true } : undefined
    })
    const kept: string[] = []
    for (let round = 0; round < 8; round += 1) {
      const app = startRecorder()
      await app.said(/kept/)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150))
      app.process.kill('SIGKILL')
      kept.push(...keptBy((await app.ended()).stdout))
    }
    await deliverTheRest()

    expect(kept.length).toBeGreaterThan(100)
    expectWhole(kept)
    expectEnds()
  })

  test('has what nobody waited for in its file', async () => {
    const app = await startRecorder({ END: 'plain', COUNT: '50' }).ended()
    expect(app.signal).toBe('SIGKILL')
    await deliverTheRest()

    expect(keptBy(app.stdout)).toHaveLength(50)
    expectWhole(keptBy(app.stdout))
    expectEnds()
  })
})

test('process.exit() with open promises puts their records on the disk, and ends the stream', async () => {
  const app = await startRecorder({ END: 'exit', COUNT: '50' }).ended()
  expect(app.code).toBe(3)
  await deliverTheRest()

  expectWhole(keptBy(app.stdout))
  expectEnds()
  expect(committedPlaces().filter(({ details }) => details['clean'] === false)).toEqual([])
})

test.each(['workers', 'cluster'])('%s on one folder have a stream each', async (how) => {
  const app = await startRecorder({ HOW: how, COUNT: '200' }).ended()

  expect(app.stdout.match(/ended/g)).toHaveLength(3)
  expect(new Set(committedPlaces().map(({ streamId }) => streamId)).size).toBe(3)
  expect(keptBy(app.stdout)).toHaveLength(600)
  expectWhole(keptBy(app.stdout))
  expectEnds()
  expect(lanes()).toEqual([])
})

test('cluster workers that are killed leave their lanes to others, though the primary lives', async () => {
  const app = startRecorder({ HOW: 'cluster' })
  await app.said(/kept/)
  const children = execFileSync('pgrep', ['-P', String(app.process.pid)], { encoding: 'utf8' })
  for (const pid of children.trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
  await deliverTheRest()
  app.process.kill('SIGKILL')

  const kept = keptBy((await app.ended()).stdout)
  expect(kept.length).toBeGreaterThan(0)
  expectWhole(kept)
  expectEnds()
})

test('a rolling restart: the new process delivers what the old one could not', async () => {
  receiver.decide(() => ({ status: 503 }))
  const old = startRecorder({ COUNT: '300' })
  await old.said(/(kept[^\n]*\n){100}/)
  const next = startRecorder({ COUNT: '300' })
  await next.said(/(kept[^\n]*\n){100}/)
  old.process.kill('SIGKILL')
  receiver.decide(undefined)
  const outputs = [await old.ended(), await next.ended()]
  await deliverTheRest()

  const kept = outputs.flatMap(({ stdout }) => keptBy(stdout))
  expect(kept.length).toBeGreaterThan(300)
  expectWhole(kept)
  expectEnds()
})

describe('a disk that is full', () => {
  test('refuses records, keeps what it has, and takes records again when it is delivered', async () => {
    await using disk = mountSmallDisk(spool.path)
    receiver.decide(() => ({ status: 503 }))
    const trail = startTrail(disk.path, receiver.url)
    const kept: string[] = []
    const refused = await recordUntilRefused(trail, kept)
    expect(refused).toMatchObject({
      code: 'TELLTALE_AUDIT_SPOOL_FAILED',
      message: expect.stringContaining('ENOSPC'),
    })
    expect(trail.status().problem).toContain('ENOSPC')
    expect(trail.counted.refused).toEqual(['TELLTALE_AUDIT_SPOOL_FAILED'])

    receiver.decide(undefined)
    kept.push(await recordUntilTaken(trail))
    await trail.end(5_000, true)

    expect(trail.status().problem).toBeUndefined()
    expect(kept.length).toBeGreaterThan(50)
    expectWhole(kept)
    expectEnds()
  })
})

/** Records until one is refused; answers why, and adds those that were kept. */
async function recordUntilRefused(trail: TestTrail, kept: string[]): Promise<unknown> {
  for (;;) {
    try {
      kept.push(await recordMuch(trail))
    } catch (error) {
      return error
    }
  }
}

async function recordMuch(trail: TestTrail): Promise<string> {
  const make = makeRecord('event', { text: 'x'.repeat(20_000) })
  return (await trail.append(make, 'spooled')).recordId
}

/** Records again and again until one is taken; answers its id. */
async function recordUntilTaken(trail: TestTrail): Promise<string> {
  for (;;) {
    try {
      return await recordMuch(trail)
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** A real file system of two megabytes: a container's volume that is full behaves like this one. */
function mountSmallDisk(folder: string): { readonly path: string } & AsyncDisposable {
  const path = join(folder, 'disk')
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', path])
  return {
    path,
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['-l', path])
    },
  }
}

test('a folder of another user and a read-only file system are refused', () => {
  const foreign = join(spool.path, 'foreign')
  mkdirSync(foreign, { mode: 0o700 })
  chownSync(foreign, 65_534, 65_534)
  const readOnly = join(spool.path, 'ro')
  mkdirSync(readOnly)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,mode=700', 'tmpfs', readOnly])
  try {
    expect(prepareSpoolFolder(foreign).problem).toContain('belongs to user 65534')
    expect(prepareSpoolFolder(readOnly).problem).toContain('EROFS')
  } finally {
    execFileSync('umount', ['-l', readOnly])
  }
})
