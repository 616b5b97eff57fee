import type { CheckFunction } from '../health-check.ts'
import { createAttempt } from './attempt.ts'

/** What is needed of a `Queue` of BullMQ. */
export interface BullmqQueue {
  getWorkersCount(): Promise<number>
  getWaitingCount(): Promise<number>
}

/** When a queue is well. */
export interface BullmqCheckOptions {
  /** Fewer workers than these are unhealthy; 0 is for a queue whose workers come and go. Default 1. */
  readonly minWorkers?: number | undefined
  /** More waiting jobs than these are degraded. Default: any number may wait. */
  readonly maxWaiting?: number | undefined
}

/** Whether the queue can be reached and has workers, in whichever process they run. */
export function checkBullmq(
  queue: BullmqQueue,
  { minWorkers = 1, maxWaiting = Infinity }: BullmqCheckOptions = {},
): CheckFunction {
  const count = createAttempt(() => Promise.all([queue.getWorkersCount(), queue.getWaitingCount()]))
  return async ({ signal }) => {
    const [workers, waiting] = await count(signal, () => 'Redis does not answer')
    if (workers < minWorkers) {
      const message = `${workers} of at least ${minWorkers} workers are there`
      return { status: 'unhealthy', message, workers, waiting }
    }
    if (waiting > maxWaiting) {
      const message = `${waiting} jobs wait, more than ${maxWaiting}`
      return { status: 'degraded', message, workers, waiting }
    }
    return { status: 'healthy', workers, waiting }
  }
}
