import { describe, expect, test } from 'vitest'
import {
  createRetryingTransport,
  type Transport,
  type TransportResponse,
} from '../../../src/otlp/retrying-transport.ts'

const success: TransportResponse = { status: 'success' }
const failure: TransportResponse = { status: 'failure', error: new Error('bad request') }
const retryable: TransportResponse = { status: 'retryable', retryInMillis: 1 }

/** A transport that answers from a list, the last answer for ever, and keeps what it was given. */
class ScriptedTransport implements Transport {
  readonly timeouts: number[] = []
  shutdowns = 0
  readonly #answers: TransportResponse[]

  constructor(...answers: TransportResponse[]) {
    this.#answers = answers
  }

  async send(_data: Uint8Array, timeoutMillis: number): Promise<TransportResponse> {
    this.timeouts.push(timeoutMillis)
    return this.#answers[Math.min(this.timeouts.length, this.#answers.length) - 1]!
  }

  shutdown(): void {
    this.shutdowns += 1
  }
}

const data = new Uint8Array([1, 2, 3])
const never = new AbortController().signal

describe('attempts', () => {
  test.each([
    ['a success is final', [success], 1, success],
    ['a refusal is final', [failure], 1, failure],
    [
      'what may be retried is retried until it succeeds',
      [retryable, retryable, success],
      3,
      success,
    ],
    ['what may be retried is retried until it is refused', [retryable, failure], 2, failure],
    ['five attempts are made at the most', [retryable], 5, retryable],
  ])('%s', async (_title, answers, attempts, expected) => {
    const attempt = new ScriptedTransport(...answers)

    const response = await createRetryingTransport(attempt, never).send(data, 10_000)

    expect(response).toBe(expected)
    expect(attempt.timeouts).toHaveLength(attempts)
  })

  test('each attempt gets what is left of the time', async () => {
    const attempt = new ScriptedTransport({ status: 'retryable', retryInMillis: 20 }, success)

    await createRetryingTransport(attempt, never).send(data, 10_000)

    expect(attempt.timeouts[0]).toBeGreaterThan(9_900)
    expect(attempt.timeouts[1]).toBeLessThanOrEqual(attempt.timeouts[0]! - 19)
  })
})

describe('pauses', () => {
  test('last as long as the Collector asks for', async () => {
    const attempt = new ScriptedTransport({ status: 'retryable', retryInMillis: 60 }, success)
    const start = performance.now()

    await createRetryingTransport(attempt, never).send(data, 10_000)

    expect(performance.now() - start).toBeGreaterThanOrEqual(59)
  })

  test.each([
    ['the Collector asks for', { status: 'retryable', retryInMillis: 60_000 } as const],
    ['is usual', { status: 'retryable' } as const],
  ])('are not begun when less time is left than %s', async (_title, answer) => {
    const attempt = new ScriptedTransport(answer)
    const start = performance.now()

    const response = await createRetryingTransport(attempt, never).send(data, 500)

    expect(response).toBe(answer)
    expect(attempt.timeouts).toHaveLength(1)
    expect(performance.now() - start).toBeLessThan(400)
  })
})

describe('a process that is ending', () => {
  test('sends once, and does not pause', async () => {
    const attempt = new ScriptedTransport(retryable)
    const response = await createRetryingTransport(attempt, AbortSignal.abort()).send(data, 10_000)

    expect(response).toBe(retryable)
    expect(attempt.timeouts).toHaveLength(1)
  })

  test('cuts a pause short for one last attempt', async () => {
    const attempt = new ScriptedTransport({ status: 'retryable', retryInMillis: 60_000 })
    const ending = new AbortController()
    const start = performance.now()

    const sent = createRetryingTransport(attempt, ending.signal).send(data, 120_000)
    setTimeout(() => ending.abort(), 10)
    await sent

    expect(attempt.timeouts).toHaveLength(2)
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

test('shutting down reaches the transport below', () => {
  const attempt = new ScriptedTransport()

  createRetryingTransport(attempt, never).shutdown()

  expect(attempt.shutdowns).toBe(1)
})
