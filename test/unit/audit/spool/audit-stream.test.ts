import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppendedRecord } from '../../../../src/audit/audit-trail.ts'
import type { MakeRecord } from '../../../../src/audit/made-record.ts'
import { AuditError } from '../../../../src/core/errors.ts'
import { AuditStream } from '../../../../src/audit/spool/audit-stream.ts'
import { realDisk, type Disk } from '../../../../src/audit/spool/disk.ts'
import { frameLength, type Frame } from '../../../../src/audit/spool/frame.ts'
import { LaneReader } from '../../../../src/audit/spool/lane-reader.ts'
import { START } from '../../../../src/audit/spool/cursor.ts'
import type { Position } from '../../../../src/audit/spool/segment-writer.ts'
import { makeRecord } from '../../../support/own-evidence.ts'
import { faultsOfStreams } from '../../../support/streams.ts'

const STREAM = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'

let lane: string
beforeEach(() => void (lane = mkdtempSync(join(tmpdir(), 'tt-'))))
afterEach(() => rmSync(lane, { recursive: true }))

/** A stream on a disk of which some calls are replaced, and what it tells. */
function startStream(
  disk: Partial<Disk> = {},
  segmentBytes = 2 ** 20,
  objectionTo: (bytes: number) => AuditError | undefined = () => undefined,
) {
  const told: { synced: Position[]; lost: unknown[] } = { synced: [], lost: [] }
  const stream = new AuditStream({
    id: STREAM,
    lane,
    disk: { ...realDisk, ...disk },
    segmentBytes,
    newFolders: [],
    objectionTo,
    onGrown: () => undefined,
    onSynced: (position) => void told.synced.push(position),
    onLost: (cause) => void told.lost.push(cause),
  })
  const append = (name = 'event'): Promise<AppendedRecord> =>
    new Promise((resolve, reject) => {
      stream.append(makeRecord(stream.lastSequence === 0 ? 'telltale.audit.trail.started' : name), {
        onDisk: resolve,
        failed: reject,
      })
    })
  return { stream, told, append }
}

async function readAll(): Promise<Frame[]> {
  const reader = new LaneReader(lane, START, () => undefined)
  const frames: Frame[] = []
  for (;;) {
    const batch = await reader.next({ maxRecords: 100, maxBytes: 2 ** 22, sizeOf: () => 0 })
    if (!batch) break
    expect(batch.skippedBytes).toBe(0)
    frames.push(...batch.frames)
  }
  await reader.close()
  return frames
}

/** Everything in the lane, which must be chained and complete. */
async function sequences(): Promise<number[]> {
  const frames = await readAll()
  expect(faultsOfStreams(frames.map(({ evidence }) => evidence))).toEqual([])
  return frames.map(({ sequence }) => sequence)
}

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code })
const range = (length: number): number[] => Array.from({ length }, (_, index) => index + 1)

test('a record that records another one while it is made is refused: there is one place, and it is taken', async () => {
  const { stream, append } = startStream()
  await append()
  let inner: Promise<AppendedRecord> | undefined
  const make: MakeRecord = (place) => {
    inner = append()
    return makeRecord('outer')(place)
  }

  expect(() =>
    stream.append(make, { onDisk: () => expect.unreachable(), failed: () => undefined }),
  ).toThrow('recorded another one')
  expect((await inner)?.sequence).toBe(2)
  expect((await append()).sequence).toBe(3)
  expect(await sequences()).toEqual([1, 2, 3])
})

test('a record that just fits is not refused for what its text might take', async () => {
  let left = 20_000
  const full = new AuditError('TELLTALE_AUDIT_SPOOL_FULL', 'full')
  const { stream, append } = startStream({}, 2 ** 20, (bytes) => (bytes > left ? full : undefined))
  await append()
  const place = { streamId: STREAM, sequence: 2, previousHash: 'ab'.repeat(32) }
  left = frameLength(makeRecord('event')(place))

  expect((await append()).sequence).toBe(2)
  left -= 1
  await expect(append()).rejects.toThrow('full')
  await stream.idle()
  expect(await sequences()).toEqual([1, 2])
})

test('records that are made together go to the disk together', async () => {
  const calls = { write: 0, sync: 0 }
  const { append } = startStream({
    write: (...args) => ((calls.write += 1), realDisk.write(...args)),
    sync: (fd) => ((calls.sync += 1), realDisk.sync(fd)),
  })

  const records = await Promise.all(range(1_000).map(() => append()))

  expect(records.map(({ sequence }) => sequence)).toEqual(range(1_000))
  expect(calls).toEqual({ write: 1, sync: 1 })
  expect(await sequences()).toEqual(range(1_000))
})

test('the next group begins when the last has ended, and not before', async () => {
  let running = 0
  let most = 0
  const { append } = startStream({
    async sync(fd) {
      running += 1
      most = Math.max(most, running)
      await realDisk.sync(fd)
      running -= 1
    },
  })
  const first = append()
  await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([first, ...range(50).map(() => append())])

  expect(most).toBe(1)
  expect(await sequences()).toEqual(range(51))
})

test('a promise is kept only after the sync, and the folder is synced with the first', async () => {
  const order: string[] = []
  const { append } = startStream({
    write: async (...args) => (await realDisk.write(...args), void order.push('write')),
    sync: async (fd) => (await realDisk.sync(fd), void order.push('sync')),
    syncFolder: async (path) => (await realDisk.syncFolder(path), void order.push('folder')),
  })
  await append().then(() => order.push('kept'))
  await append().then(() => order.push('kept'))

  expect(order).toEqual(['write', 'sync', 'folder', 'kept', 'write', 'sync', 'kept'])
  expect(await sequences()).toEqual([1, 2])
})

test('segments follow each other without a hole', async () => {
  const { append } = startStream({}, 2_000)
  for (let round = 0; round < 20; round += 1) await Promise.all(range(3).map(() => append()))

  expect(await sequences()).toEqual(range(60))
})

test('what is written now is in the file before the call returns, in its order, and synced later', async () => {
  const { stream, append, told } = startStream()
  const first = append()
  const second = append('plain')
  stream.writeNow()
  expect(readFileSync(join(lane, '00000001.segment')).length).toBeGreaterThan(0)
  expect(told.synced).toEqual([])

  await Promise.all([first, second, append()])
  expect(await sequences()).toEqual([1, 2, 3])
})

test('what is written now while a group is on its way comes after it', async () => {
  const { stream, append } = startStream()
  await append()
  const group = range(10).map(() => append())
  // The group has left for the disk.
  await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))))
  const plain = append('plain')
  stream.writeNow()
  await Promise.all([...group, plain])

  expect(await sequences()).toEqual(range(12))
})

describe.each(['ENOSPC', 'EDQUOT', 'EIO'])('when a write fails with %s', (code) => {
  test('its records reject, nothing of them stays, and the next ones build on what is there', async () => {
    let fail = false
    const { append, told } = startStream({
      async write(fd, bytes, length, position) {
        if (!fail) return realDisk.write(fd, bytes, length, position)
        // Half of it arrives, as on a disk that fills up.
        await realDisk.write(fd, bytes, length >> 1, position)
        throw failure(code)
      },
    })
    await Promise.all(range(5).map(() => append()))
    fail = true
    const lost = await Promise.allSettled(range(5).map(() => append()))
    fail = false
    const next = await append()

    expect(lost.every(({ status }) => status === 'rejected')).toBe(true)
    expect((lost[0] as PromiseRejectedResult).reason).toMatchObject({
      code: 'TELLTALE_AUDIT_SPOOL_FAILED',
      message: expect.stringMatching(new RegExp(`${code}.*not recorded`)),
    })
    expect(next.sequence).toBe(6)
    expect(told.lost).toEqual([])
    expect(await sequences()).toEqual(range(6))
  })

  test('what was chained to it meanwhile rejects with it', async () => {
    let fail = false
    const { stream, append } = startStream({
      async write(fd, bytes, length, position) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        if (fail) throw failure(code)
        return realDisk.write(fd, bytes, length, position)
      },
    })
    await append()
    fail = true
    const group = append()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const inFile = append()
    stream.writeNow()
    const waiting = append()
    const results = await Promise.allSettled([group, inFile, waiting])
    fail = false

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await append()
    expect(await sequences()).toEqual([1, 2])
  })

  test('and it was one that cannot wait, the group before it is not touched', async () => {
    let fail = true
    const { stream, append } = startStream({
      writeSync(fd, bytes, length, position) {
        if (fail) throw failure(code)
        realDisk.writeSync(fd, bytes, length, position)
      },
    })
    const group = append()
    await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))))
    const plain = append('plain')
    stream.writeNow()
    const [first, second] = await Promise.allSettled([group, plain])
    fail = false
    await append()

    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected'])
    expect(await sequences()).toEqual([1, 2])
  })
})

describe('when nobody knows what is on the disk', () => {
  test('after a sync that failed, all reject, and the file is not trusted again', async () => {
    let syncs = 0
    const { append, told, stream } = startStream({
      async sync(fd) {
        syncs += 1
        if (syncs === 2) throw failure('EIO')
        await realDisk.sync(fd)
      },
    })
    await append()
    const results = await Promise.allSettled([append(), append()])

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((results[0] as PromiseRejectedResult).reason.message).toContain('nobody knows')
    expect(told.lost).toHaveLength(1)
    expect(syncs).toBe(2)
    // What can be read is still a whole chain.
    expect(await sequences()).toEqual([1, 2, 3])
    stream.close()
  })

  test('after a write that failed and could not be cut off, the stream is over', async () => {
    let fail = false
    const { append, told } = startStream({
      write: (...args) => (fail ? Promise.reject(failure('EIO')) : realDisk.write(...args)),
      truncateSync: () => {
        throw failure('EIO')
      },
    })
    await append()
    fail = true

    await expect(append()).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_SPOOL_FAILED' })
    expect(told.lost).toHaveLength(1)
    expect(await sequences()).toEqual([1])
  })

  test('while the end of a full segment is synced, each record is told of once, and each file closed once', async () => {
    let syncs = 0
    const closed: number[] = []
    const outcomes: string[] = []
    const { stream, append, told } = startStream(
      {
        sync(fd) {
          syncs += 1
          if (syncs === 1) return realDisk.sync(fd)
          appendNow('b')
          return Promise.resolve()
        },
        writeSync(...args) {
          if (syncs > 1) throw failure('EIO')
          realDisk.writeSync(...args)
        },
        truncateSync: () => {
          throw failure('EIO')
        },
        close: (fd) => (closed.push(fd), realDisk.close(fd)),
      },
      1,
    )
    const appendNow = (name: string): void => {
      stream.append(makeRecord(name), {
        onDisk: () => void outcomes.push(`${name} on disk`),
        failed: () => void outcomes.push(`${name} failed`),
      })
      stream.writeNow()
    }
    await append()
    appendNow('a')
    await stream.idle()

    expect(outcomes).toEqual(['a failed', 'b failed'])
    expect(told.lost).toHaveLength(1)
    expect(closed).toHaveLength(1)
  })
})

test('a record that cannot be made uses no number', async () => {
  const { stream, append } = startStream()
  await append()
  const outcome = { onDisk: () => undefined, failed: () => undefined }

  expect(() => stream.append(failToMake, outcome)).toThrow('no evidence')
  await append()
  expect(await sequences()).toEqual([1, 2])
})

test('a record for which room was made, and which could not be written into it, holds up nobody', async () => {
  const { stream, append } = startStream()
  const first = append()
  // The group has left for the disk.
  await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))))
  const outcome = { onDisk: () => undefined, failed: () => undefined }

  expect(() => stream.append(makeUnwritable, outcome)).toThrow('out of range')
  await first
  await stream.idle()
  await append()
  expect(await sequences()).toEqual([1, 2])
})

test('at the end of the process everything is on the disk when the call returns', async () => {
  const { stream, append } = startStream({ write: () => new Promise(() => undefined) })
  void append()
  // A group whose write never ends, one that was written now, and one that waits.
  await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))))
  void append()
  stream.writeNow()
  void append()
  stream.settleNow()

  expect(await sequences()).toEqual([1, 2, 3])
})

const makeUnwritable: MakeRecord = (place) => ({
  ...makeRecord('event')(place),
  timeUnixNano: -1n,
})

function failToMake(): never {
  throw new Error('no evidence')
}

describe('how often it syncs', () => {
  // A disk that takes no time: what is waited for is waited for on purpose.
  const quick: Partial<Disk> = { sync: () => Promise.resolve() }

  test('groups of several records begin 2 ms apart, whatever comes meanwhile', async () => {
    const { append } = startStream(quick)
    const begunAt = performance.now()

    for (let turn = 0; turn < 40; turn += 1) {
      await Promise.all(range(5).map(() => append()))
    }

    // A timer counts in whole milliseconds, and may be early by nearly one.
    expect(performance.now() - begunAt).toBeGreaterThan(39)
    expect(await sequences()).toEqual(range(200))
  })

  test('a record that comes alone does not wait for others', async () => {
    const { append } = startStream(quick)
    await append()

    const waits: number[] = []
    for (let turn = 0; turn < 40; turn += 1) {
      const askedAt = performance.now()
      await append()
      waits.push(performance.now() - askedAt)
    }

    // A busy machine holds up one or the other, but not the quickest of them.
    expect(Math.min(...waits)).toBeLessThan(0.9)
  })
})
