import {
  mkdirSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { audit, setAuditTrail, type AuditReceipt } from '../../src/audit/audit.ts'
import { defineAuditEvent } from '../../src/audit/define-audit-event.ts'
import { createRedaction } from '../../src/core/redaction.ts'
import { realDisk } from '../../src/audit/spool/disk.ts'
import { listParked, resendParked } from '../../src/audit/spool/parked.ts'
import { createPost } from '../../src/otlp/post.ts'
import {
  startAuditReceiver,
  type AuditReceiver,
  type Decide,
  type ReceivedRecord,
} from '../support/audit-receiver.ts'
import { makeRecord } from '../support/own-evidence.ts'
import { faultsOfStreams, readPlace } from '../support/streams.ts'
import { makeSpoolFolder, startTrail, type TestTrail } from '../support/trail.ts'

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

const start = (options: Parameters<typeof startTrail>[2] = {}): TestTrail =>
  startTrail(spool.path, receiver.url, options)
const spoolIt = async (trail: TestTrail, name = 'event'): Promise<string> =>
  (await trail.append(makeRecord(name), 'spooled')).recordId
const hasPoison = (records: readonly ReceivedRecord[]): boolean =>
  records.some(({ eventName }) => eventName === 'poison')
/** What the audit receiver says of itself in each of its answers. */
const ownHeaders = { 'telltale-audit-format': 'telltale/1' }
const refusePoison: Decide = (records) =>
  hasPoison(records) ? { status: 400, headers: ownHeaders } : undefined
const ofEvent = (eventName: string): ReceivedRecord[] =>
  [...receiver.committed.values()].filter((record) => record.eventName === eventName)
const faults = (missing?: ReadonlySet<string>): string[] =>
  faultsOfStreams(
    [...receiver.committed.values()].map(({ evidence }) => evidence),
    missing,
  )
const requests = async (count: number): Promise<void> =>
  receiver.until(() => receiver.requests.length >= count)

test.each([
  ['503', () => ({ status: 503 })],
  ['429 that asks for patience', () => ({ status: 429, headers: { 'retry-after': '0.01' } })],
  ['401', () => ({ status: 401 })],
  ['a connection that is cut', () => ({ cut: true, status: 500 })],
  ['200 without a receipt', () => ({ status: 200 })],
  [
    '200 with a receipt for one record less',
    (records: readonly ReceivedRecord[]) => ({
      status: 200,
      headers: {
        'telltale-audit-format': 'telltale/1',
        'telltale-audit-committed': String(records.length - 1),
      },
    }),
  ],
])('what is answered with %s stays, and is delivered when that is over', async (_what, answer) => {
  receiver.decide(answer)
  const trail = start()
  const ids = await Promise.all([1, 2, 3].map(() => spoolIt(trail)))
  await requests(3)
  expect(trail.status()).toMatchObject({ backlogRecords: 4 })
  expect(trail.status().oldestAgeSeconds).toBeGreaterThan(0)
  expect(receiver.committed.size).toBe(0)

  receiver.decide(undefined)
  await trail.idle()
  await trail.end(5_000, true)

  expect(ids.every((id) => receiver.committed.has(id))).toBe(true)
  expect(trail.counted).toMatchObject({ recorded: 5, delivered: 5, parked: 0 })
  expect(faults()).toEqual([])
})

test('a reply that is lost after the commit repeats the delivery, and doubles nothing', async () => {
  let cuts = 0
  receiver.decide(() => ((cuts += 1) <= 3 ? { status: 200, cut: true } : undefined))
  const trail = start()
  await spoolIt(trail)
  await trail.idle()
  await trail.end(5_000, true)

  expect(receiver.committed.size).toBe(3)
  expect(faults()).toEqual([])
})

describe('a record that is refused for itself', () => {
  test.each([400, 413])('with %i is parked, explained, and holds up no other', async (status) => {
    receiver.decide((records) => (hasPoison(records) ? { status, headers: ownHeaders } : undefined))
    const trail = start()
    const names = Array.from({ length: 50 }, (_, index) => (index === 31 ? 'poison' : 'event'))
    await Promise.all(names.map((name) => spoolIt(trail, name)))
    await trail.idle()
    await trail.end(5_000, true)

    const [tombstone] = ofEvent('telltale.audit.record.parked')
    const [parked] = await listParked(spool.path)
    expect(ofEvent('event')).toHaveLength(49)
    expect(trail.counted.parked).toBe(1)
    expect(parked).toMatchObject({ frame: { eventName: 'poison' }, reason: `HTTP ${status}` })
    expect(readPlace(tombstone!.evidence).details).toEqual({
      stream: parked!.streamId,
      sequence: parked!.frame.sequence,
      recordId: parked!.frame.recordId,
      hash: parked!.hash,
      reason: `HTTP ${status}`,
    })
    expect(readPlace(parked!.frame.evidence).hash).toBe(parked!.hash)
    expect(faults(new Set([`${parked!.streamId} ${parked!.frame.sequence}`]))).toEqual([])
    expect(statSync(join(spool.path, 'parked')).mode & 0o777).toBe(0o700)
  })

  test('is not parked as long as nothing else is accepted', async () => {
    receiver.decide(refusePoison)
    const trail = start()
    await spoolIt(trail)
    await trail.idle()
    await spoolIt(trail, 'poison')
    await requests(receiver.requests.length + 4)
    expect(trail.counted.parked).toBe(0)

    await spoolIt(trail)
    await receiver.until(() => ofEvent('telltale.audit.record.parked').length === 1)
    await trail.end(5_000, true)

    expect(trail.counted.parked).toBe(1)
    const [parked] = await listParked(spool.path)
    expect(faults(new Set([`${parked!.streamId} ${parked!.frame.sequence}`]))).toEqual([])
  })

  test('is delivered when it is sent again after the cause is gone', async () => {
    receiver.decide(refusePoison)
    const trail = start()
    await Promise.all([spoolIt(trail), spoolIt(trail, 'poison'), spoolIt(trail)])
    await receiver.until(() => ofEvent('telltale.audit.record.parked').length === 1)
    await trail.idle()
    const post = createPost(`${receiver.url}/v1/logs`, {}, {})
    const refused = await resendParked(spool.path, post, { timeoutMillis: 10_000 })
    receiver.decide(undefined)
    const taken = await resendParked(spool.path, post, { timeoutMillis: 10_000 })
    await trail.end(5_000, true)

    expect(refused).toMatchObject([{ refused: 'HTTP 400' }])
    expect(taken).toMatchObject([{ record: { frame: { eventName: 'poison' } } }])
    expect(taken[0]).not.toHaveProperty('refused')
    expect(await listParked(spool.path)).toEqual([])
    expect(readdirSync(join(spool.path, 'parked'))).toEqual([])
    expect(faults()).toEqual([])
  })
})

test('a wrong route that answers 400 to everything parks nothing', async () => {
  receiver.decide(() => ({ status: 400 }))
  const trail = start()
  await Promise.all(Array.from({ length: 20 }, () => spoolIt(trail)))
  await requests(8)
  expect(trail.counted.parked).toBe(0)

  receiver.decide(undefined)
  await trail.idle()
  await trail.end(5_000, true)
  expect(existsSync(join(spool.path, 'parked'))).toBe(false)
  expect(ofEvent('event')).toHaveLength(20)
  expect(faults()).toEqual([])
})

test('a route that is wrong now and then parks nothing either', async () => {
  // Every record is refused alone, after another one was accepted: only the missing header tells who refuses.
  receiver.decide((records, count) =>
    count % 2 === 0 || records.length > 1 ? { status: 400 } : undefined,
  )
  const trail = start()
  await Promise.all(Array.from({ length: 20 }, () => spoolIt(trail)))
  await requests(30)
  receiver.decide(undefined)
  await trail.idle()
  await trail.end(5_000, true)

  expect(trail.counted.parked).toBe(0)
  expect(ofEvent('event')).toHaveLength(20)
  expect(faults()).toEqual([])
})

describe('a record that is to be stored', () => {
  test('resolves with its receipt, and not before', async () => {
    let release: (() => void) | undefined
    receiver.decide(() => (release ? undefined : { status: 503 }))
    const trail = start()
    let isResolved = false
    const stored = trail.append(makeRecord('event'), 'stored').then((record) => {
      isResolved = true
      return record
    })
    await requests(2)
    expect(isResolved).toBe(false)

    release = () => undefined
    const { recordId } = await stored
    expect(receiver.committed.has(recordId)).toBe(true)
    await trail.end(5_000, true)
    expect(faults()).toEqual([])
  })

  test('is given up by its caller after the deadline, but not by the spool', async () => {
    receiver.decide(() => ({ status: 503 }))
    const trail = start({ timeoutMillis: 50 })
    const error: unknown = await trail
      .append(makeRecord('event'), 'stored')
      .catch((e: unknown) => e)
    receiver.decide(undefined)
    await trail.idle()
    await trail.end(5_000, true)

    expect(error).toMatchObject({
      code: 'TELLTALE_AUDIT_UNAVAILABLE',
      message: expect.stringContaining('safe in the spool'),
    })
    expect(receiver.committed.has((error as { recordId: string }).recordId)).toBe(true)
    expect(trail.counted.refused).toEqual(['TELLTALE_AUDIT_UNAVAILABLE'])
    expect(faults()).toEqual([])
  })
})

test('a spool at its limit refuses what is new, drops nothing older, and takes records again when there is room', async () => {
  receiver.decide(() => ({ status: 503 }))
  const trail = start({ maxBytes: 2 ** 20 })
  const large = { text: 'x'.repeat(50_000) }
  const kept: string[] = []
  const refusals: unknown[] = []
  for (let number = 0; number < 40; number += 1) {
    await trail.append(makeRecord('event', large), 'spooled').then(
      ({ recordId }) => kept.push(recordId),
      (error: unknown) => refusals.push(error),
    )
  }
  expect(kept.length).toBeGreaterThan(10)
  expect(kept.length).toBeLessThan(22)
  expect(refusals[0]).toMatchObject({
    code: 'TELLTALE_AUDIT_SPOOL_FULL',
    message: expect.stringContaining('1048576'),
  })

  receiver.decide(undefined)
  await trail.idle()
  await receiver.until(() => kept.every((id) => receiver.committed.has(id)))
  let again: string | undefined
  while (again === undefined) {
    again = await trail.append(makeRecord('event', large), 'stored').then(
      ({ recordId }) => recordId,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return undefined
      },
    )
  }
  await trail.end(5_000, true)
  expect(receiver.committed.has(again)).toBe(true)
  expect(faults()).toEqual([])
})

test('after a sync that failed, a new stream begins, and what can be read of the old one is delivered', async () => {
  let syncs = 0
  const trail = start({
    disk: {
      ...realDisk,
      async sync(fd) {
        syncs += 1
        if (syncs === 3) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
        await realDisk.sync(fd)
      },
    },
  })
  const first = await spoolIt(trail)
  const second = await spoolIt(trail)
  await expect(spoolIt(trail)).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_SPOOL_FAILED' })
  const third = await spoolIt(trail)
  await receiver.until(() => ofEvent('telltale.audit.trail.stopped').length === 1)
  await trail.end(5_000, true)

  expect([first, second, third].every((id) => receiver.committed.has(id))).toBe(true)
  expect(ofEvent('telltale.audit.trail.started')).toHaveLength(2)
  expect(readPlace(ofEvent('telltale.audit.trail.stopped')[0]!.evidence).details).toMatchObject({
    clean: false,
    lastSequence: 4,
    skippedBytes: 0,
  })
  expect(faults()).toEqual([])
})

test('damage in what a dead process left costs the records that are damaged, and is reported with its size', async () => {
  const dead = startTrail(spool.path, 'http://127.0.0.1:1')
  const streams: string[] = []
  for (let number = 0; number < 10; number += 1) {
    streams.push((await dead.append(makeRecord('event'), 'spooled')).streamId)
  }
  // It ends without a word, because its folder is taken away from it.
  const lane = join(spool.path, streams[0]!)
  const segment = readFileSync(join(lane, '00000001.segment'))
  await dead.end(1, true)
  using other = makeSpoolFolder()
  cpSync(lane, join(other.path, streams[0]!), {
    recursive: true,
    filter: (path) => !path.endsWith('lock') && !path.endsWith('cursor'),
  })
  rmSync(lane, { recursive: true, force: true })
  const starts = [...segment.toString('latin1').matchAll(/TLA1/g)].map(({ index }) => index)
  const copy = join(other.path, streams[0]!, '00000001.segment')
  const damaged = Buffer.from(segment.subarray(0, segment.length - 7))
  damaged[starts[4]! + 100]! ^= 1
  writeFileSync(copy, damaged)

  const heir = startTrail(other.path, receiver.url)
  await receiver.until(() => ofEvent('telltale.audit.trail.stopped').length === 1)
  await heir.idle()
  await heir.end(5_000, true)

  const [stopped] = ofEvent('telltale.audit.trail.stopped')
  const fifth = starts[5]! - starts[4]!
  const torn = segment.length - starts[10]! - 7
  expect(readPlace(stopped!.evidence).details).toEqual({
    clean: false,
    stream: streams[0],
    lastSequence: 10,
    skippedBytes: fifth + torn,
  })
  expect(heir.counted.skipped).toBe(fifth + torn)
  expect(faults()).toEqual([`${streams[0]} lacks 5`])
})

test('a cursor that is lost repeats the delivery, and doubles nothing', async () => {
  const trail = start()
  const { streamId } = await trail.append(makeRecord('event'), 'stored')
  rmSync(join(spool.path, streamId, 'cursor'), { force: true })
  receiver.decide(() => ({ status: 503 }))
  await spoolIt(trail)
  await trail.end(100, true)
  receiver.decide(undefined)
  const heir = start()
  await heir.append(makeRecord('event'), 'stored')
  await receiver.until(() => ofEvent('event').length === 3)
  await receiver.until(
    () => readdirSync(spool.path).length === 1 || receiver.requests.length > 1_000,
  )
  await heir.end(5_000, true)

  expect(faults()).toEqual([])
})

test('many lanes of dead owners are delivered, however they were adopted before', async () => {
  receiver.decide(() => ({ status: 503 }))
  for (let boot = 0; boot < 5; boot += 1) {
    const trail = start()
    await Promise.all([spoolIt(trail), spoolIt(trail)])
    await new Promise((resolve) => setTimeout(resolve, 60))
    await trail.end(1, true)
  }
  receiver.decide(undefined)
  const last = start()
  await spoolIt(last)
  await receiver.until(() => ofEvent('event').length === 11)
  await last.idle()
  await last.end(5_000, true)

  expect(ofEvent('telltale.audit.trail.started')).toHaveLength(6)
  expect(faults()).toEqual([])
})

test('a lane of a dead owner that cannot be read or removed holds up no other', async () => {
  const lanes: string[] = []
  for (let boot = 0; boot < 3; boot += 1) {
    using own = makeSpoolFolder()
    const dead = startTrail(own.path, 'http://127.0.0.1:1')
    const { streamId } = await dead.append(makeRecord('event'), 'spooled')
    await dead.end(1, true)
    cpSync(join(own.path, streamId), join(spool.path, streamId), {
      recursive: true,
      filter: (path) => !path.endsWith('lock') && !path.endsWith('cursor'),
    })
    lanes.push(streamId)
  }
  const [unreadable = '', unremovable = ''] = lanes.map((lane) => join(spool.path, lane))
  rmSync(join(unreadable, '00000001.segment'))
  mkdirSync(join(unreadable, '00000001.segment'))
  writeFileSync(join(unremovable, 'core'), 'left by somebody')

  const heir = start()
  await receiver.until(() => ofEvent('event').length === 2)
  await vi.waitFor(() => expect(heir.lines.join()).toContain('cannot be delivered now'), 30_000)
  await heir.end(5_000, true)

  const delivered = ofEvent('event').map(({ evidence }) => readPlace(evidence).streamId)
  expect(delivered.toSorted()).toEqual(lanes.slice(1).toSorted())
})

test('a clock that is set back and forward while it records costs nothing, nor what a dead process left before', async () => {
  const event = defineAuditEvent({ name: 'event', action: 'CLAIM' })
  const origin = {
    resource: { attributes: { 'service.name': 'rewards' } },
    redaction: createRedaction(),
  }
  const actor = { id: 'user-1', type: 'user' } as const
  const now = Date.now.bind(Date)
  let shift = 86_400_000
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + shift)
  const receipts: AuditReceipt[] = []
  try {
    using own = makeSpoolFolder()
    const dead = startTrail(own.path, 'http://127.0.0.1:1')
    setAuditTrail({ trail: dead, origin })
    receipts.push(await audit.record(event, { actor }))
    const [{ streamId } = { streamId: '' }] = receipts
    cpSync(join(own.path, streamId), join(spool.path, streamId), {
      recursive: true,
      filter: (path) => !path.endsWith('lock') && !path.endsWith('cursor'),
    })
    await dead.end(1, true)
    const trail = start()
    setAuditTrail({ trail, origin })
    const year = 365 * 86_400_000
    for (shift of [0, -3_600_000, -20 * year, 40 * year, -1, 0]) {
      const before = Date.now()
      const some = await Promise.all(
        Array.from({ length: 20 }, () => audit.record(event, { actor, durability: 'stored' })),
      )
      receipts.push(...some)
      expect(trail.status().oldestAgeSeconds).toBeGreaterThanOrEqual(0)
      const { timeUnixNano } = receiver.committed.get(some[0]!.recordId)!
      expect(timeUnixNano).toBeGreaterThanOrEqual(BigInt(before) * 1_000_000n)
      expect(timeUnixNano).toBeLessThanOrEqual(BigInt(Date.now()) * 1_000_000n)
    }
    await receiver.until(() => ofEvent('telltale.audit.trail.stopped').length === 1)
    await trail.end(5_000, true)
  } finally {
    clock.mockRestore()
    setAuditTrail('the test is over')
  }

  expect(new Set(receipts.map(({ recordId }) => recordId)).size).toBe(121)
  expect(receipts.filter(({ recordId }) => !receiver.committed.has(recordId))).toEqual([])
  // One number between them is that of what the trail says about the dead one.
  const sequences = receipts.slice(1).map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  expect(faults()).toEqual([])
})

test('a backlog is delivered with a bounded number of requests on their way', async () => {
  receiver.decide(() => ({ status: 503 }))
  const trail = start()
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 512 }, () => spoolIt(trail)))
  }
  let open = 0
  let most = 0
  receiver.decide((records) => {
    open += 1
    most = Math.max(most, open)
    expect(records.length).toBeLessThanOrEqual(512)
    setImmediate(() => (open -= 1))
    return undefined
  })
  await trail.idle()
  await trail.end(5_000, true)

  expect(most).toBeLessThanOrEqual(4)
  expect(ofEvent('event')).toHaveLength(20 * 512)
  expect(faults()).toEqual([])
})

test('a folder that is removed from under a live process costs a rejection, and no silence', async () => {
  const trail = start()
  await trail.append(makeRecord('event'), 'stored')
  rmSync(spool.path, { recursive: true })

  await expect(spoolIt(trail)).rejects.toMatchObject({
    code: 'TELLTALE_AUDIT_SPOOL_FAILED',
    message: expect.stringContaining('removed'),
  })
  const { recordId } = await trail.append(makeRecord('event'), 'stored')
  await trail.end(5_000, true)

  expect(receiver.committed.has(recordId)).toBe(true)
  expect(faults()).toEqual([])
})
