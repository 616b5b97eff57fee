import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { LaneDelivery } from '../../../../src/audit/delivery/lane-delivery.ts'
import type { SentRecord } from '../../../../src/audit/delivery/sender.ts'
import { frameLength, writeFrame } from '../../../../src/audit/spool/frame.ts'
import { segmentName } from '../../../../src/audit/spool/segment-name.ts'
import { makeSpoolFolder } from '../../../support/trail.ts'

const RECORDS_PER_REQUEST = 512

test('no more requests than four are read into memory, however often there is more to read', async () => {
  using folder = makeSpoolFolder()
  const lane = join(folder.path, 'lane')
  mkdirSync(lane)
  writeRecords(lane, 8 * RECORDS_PER_REQUEST)
  const requests: (readonly SentRecord[])[] = []
  const delivery = await LaneDelivery.begin({
    lane,
    streamId: randomUUID(),
    sender: {
      deliver(records) {
        requests.push(records)
        // A Collector that does not answer.
        return new Promise(() => {})
      },
      nextFailure: () => new Promise(() => {}),
    },
    limit: () => undefined,
    onSkipped: () => {},
    onRemoved: () => {},
  })

  void delivery.deliverAll(() => false)
  await expect.poll(() => requests.length).toBe(4)
  for (let group = 0; group < 20; group += 1) {
    delivery.wake()
    await setImmediate()
  }

  expect(requests.map((records) => records.length)).toEqual(Array(4).fill(RECORDS_PER_REQUEST))
  await delivery.close()
})

describe('in a lane that is being written', () => {
  test('records that nobody waits for gather, and all of them arrive', async () => {
    using folder = makeSpoolFolder()
    const live = await startLive(join(folder.path, 'lane'), () => false)
    await live.deliverUpTo(1)
    expect(live.requests).toEqual([1])

    const startedAt = performance.now()
    const rest = live.deliverUpTo(2)
    for (let record = 3; record <= 100; record += 1) {
      live.grow(record)
      await setImmediate()
    }
    await rest
    await live.deliverUpTo(100)

    // One in 20 ms; the first may not have had to wait any more.
    const most = 3 + (performance.now() - startedAt) / 20
    expect(live.requests.length).toBeLessThanOrEqual(most)
    expect(live.requests.reduce((sum, count) => sum + count)).toBe(100)
    await live.delivery.close()
  })

  test('a record that somebody waits for does not wait for others', async () => {
    using folder = makeSpoolFolder()
    let isUrgent = false
    const live = await startLive(join(folder.path, 'lane'), () => isUrgent)
    const millisFor = async (from: number, to: number): Promise<number> => {
      const startedAt = performance.now()
      for (let record = from; record <= to; record += 1) await live.deliverUpTo(record)
      return performance.now() - startedAt
    }

    const patient = await millisFor(1, 50)
    isUrgent = true
    const urgent = await millisFor(51, 100)

    expect(live.requests).toEqual(Array(100).fill(1))
    expect(urgent).toBeLessThan(patient)
    await live.delivery.close()
  })
})

/** A lane with 100 records, of which the first can be read, delivered to a Collector that answers at once. */
async function startLive(lane: string, isUrgent: () => boolean) {
  mkdirSync(lane)
  const length = writeRecords(lane, 100)
  let readable = 1
  const requests: number[] = []
  const delivery = await LaneDelivery.begin({
    lane,
    streamId: randomUUID(),
    sender: {
      deliver: async (records) => void requests.push(records.length),
      nextFailure: () => new Promise(() => {}),
    },
    limit: () => ({ segment: 1, offset: readable * length }),
    isUrgent,
    onSkipped: () => {},
    onRemoved: () => {},
  })
  const grow = (records: number): void => {
    readable = records
    delivery.wake()
  }
  const deliverUpTo = (records: number): Promise<void> => {
    grow(records)
    return delivery.deliverAll(() => false)
  }
  return { delivery, requests, grow, deliverUpTo }
}

/** @returns the bytes of one, which all have */
function writeRecords(lane: string, count: number): number {
  const frames = Array.from({ length: count }, (_, index) => {
    const record = {
      recordId: randomUUID(),
      eventName: 'reward_claimed',
      timeUnixNano: 1_795_000_000_000_000_000n,
      evidence: Buffer.from('{}'),
    }
    const bytes = Buffer.alloc(frameLength(record))
    writeFrame(bytes, 0, index + 1, record)
    return bytes
  })
  writeFileSync(join(lane, segmentName(1)), Buffer.concat(frames))
  return frames[0]!.length
}
