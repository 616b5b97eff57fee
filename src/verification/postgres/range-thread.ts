import { parentPort, workerData } from 'node:worker_threads'
import { toReason } from '../../core/errors.ts'
import { QuickRecord } from '../quick/quick-record.ts'
import { checkRange } from '../range-runner.ts'
import type { SealRange } from '../rows.ts'
import type { RangeReader } from '../source.ts'
import { openRangeReader } from './range-reader.ts'
import type { ThreadAnswer, ThreadStart } from './thread-runner.ts'

/** A thread of the verifier: it is sent ranges, one at a time, and answers with what it found. */
const { place, checks } = workerData as ThreadStart

const quick = new QuickRecord()
let reader: Promise<RangeReader> | undefined

parentPort?.on('message', (range: SealRange) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void answer(range).then((message) => parentPort?.postMessage(message))
})

async function answer(range: SealRange): Promise<ThreadAnswer> {
  try {
    reader ??= openRangeReader(place)
    return { result: await checkRange(await reader, range, checks, quick) }
  } catch (error) {
    return { error: { message: toReason(error), stack: (error as Error).stack } }
  }
}
