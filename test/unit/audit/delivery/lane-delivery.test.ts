import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
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

function writeRecords(lane: string, count: number): void {
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
}
