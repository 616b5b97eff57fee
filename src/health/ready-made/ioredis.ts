import type { CheckFunction } from '../health-check.ts'
import { createAttempt } from './attempt.ts'

/** What is needed of a client of ioredis. */
export interface RedisClient {
  readonly status: string
  ping(): Promise<unknown>
}

/** Whether Redis answers a PING in time. */
export function checkIoredis(client: RedisClient): CheckFunction {
  const ping = createAttempt(() => client.ping())
  return async ({ signal }) => {
    await ping(signal, () => `no answer to PING: the connection is "${client.status}"`)
  }
}
