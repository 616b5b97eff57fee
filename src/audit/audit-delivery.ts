import { AuditError, toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import type { Post, PostAnswer } from '../otlp/post.ts'
import type { AuditMetrics } from './metrics.ts'
import { describeAnswer } from './otlp-answer.ts'

/** Delivers audit records to the Collector and knows of each whether it was committed. */
export interface AuditDelivery<Item> {
  /** Resolves when the Collector has answered 200, after COMMIT; rejects with an {@link AuditError} otherwise. */
  deliver(item: Item): Promise<void>
  /** Records that wait or are on their way. */
  pending(): number
  /** Resolves when nothing is pending any more. */
  idle(): Promise<void>
}

/** What the delivery needs from outside. */
export interface AuditDeliveryOptions<Item> {
  readonly url: string
  readonly post: Post
  readonly serialize: (items: Item[]) => Uint8Array | undefined
  /** Why an answer with status 200 does not confirm anything; nothing when it does. */
  readonly objectionTo: (answer: PostAnswer) => string | undefined
  readonly timeoutMillis: number
  readonly maxPendingRecords: number
  readonly maxBatchRecords: number
  readonly metrics: AuditMetrics
  readonly reporter: Reporter
}

interface Entry<Item> {
  readonly item: Item
  readonly giveUpAt: number
  /** Set once, by the answer or by the deadline, whichever comes first. */
  settled: boolean
  readonly settle: (error?: AuditError) => void
}

const MAX_REQUESTS_IN_FLIGHT = 4
const FIRST_PAUSE_MILLIS = 100
const MAX_PAUSE_MILLIS = 2_000

/** Creates the delivery; requests start as soon as there is something to deliver. */
export function createAuditDelivery<Item>(
  options: AuditDeliveryOptions<Item>,
): AuditDelivery<Item> {
  const { url, metrics, reporter } = options
  const waiting: Entry<Item>[] = []
  let pending = 0
  let inFlight = 0
  let idlers: (() => void)[] = []

  const deliver = (item: Item): Promise<void> => {
    if (pending >= options.maxPendingRecords) {
      metrics.refused('TELLTALE_AUDIT_OVERLOADED')
      return Promise.reject(
        new AuditError(
          'TELLTALE_AUDIT_OVERLOADED',
          `${pending} audit records already wait for ${url}; "audit.maxPendingRecords" allows no more`,
        ),
      )
    }
    metrics.recorded()
    return new Promise((resolve, reject) => {
      pending += 1
      const entry: Entry<Item> = {
        item,
        giveUpAt: performance.now() + options.timeoutMillis,
        settled: false,
        settle(error) {
          if (entry.settled) return
          entry.settled = true
          clearTimeout(deadline)
          pending -= 1
          if (error) metrics.refused(error.code)
          if (error) reject(error)
          else resolve()
          if (pending === 0) for (const wake of idlers.splice(0)) wake()
        },
      }
      const deadline = setTimeout(
        () => entry.settle(unavailable(url, `no confirmation in ${options.timeoutMillis} ms`)),
        // Past the last attempt's own time-out, whose reason says more.
        options.timeoutMillis + 50,
      )
      waiting.push(entry)
      // Not at once: records made in the same turn leave in one request.
      queueMicrotask(startRequests)
    })
  }

  const startRequests = (): void => {
    while (waiting.length > 0 && inFlight < MAX_REQUESTS_IN_FLIGHT) {
      inFlight += 1
      void send(waiting.splice(0, options.maxBatchRecords)).finally(() => {
        inFlight -= 1
        startRequests()
      })
    }
  }

  const send = async (batch: Entry<Item>[]): Promise<void> => {
    let pause = FIRST_PAUSE_MILLIS
    for (;;) {
      const open = batch.filter((entry) => !entry.settled)
      if (open.length === 0) return
      const outcome = await attempt(open)
      if (outcome === 'ended') return
      if (outcome === 'divide') {
        const half = Math.ceil(open.length / 2)
        await send(open.slice(0, half))
        await send(open.slice(half))
        return
      }
      const wait = Math.max(outcome.retryInMillis ?? 0, pause * (0.5 + Math.random()))
      for (const entry of open) {
        if (performance.now() + wait >= entry.giveUpAt) {
          entry.settle(unavailable(url, outcome.reason))
        }
      }
      // Not after the pause: Retry-After may ask for an hour, and nobody is left to wait for.
      if (open.every((entry) => entry.settled)) return
      await new Promise((resolve) => setTimeout(resolve, wait))
      pause = Math.min(pause * 2, MAX_PAUSE_MILLIS)
    }
  }

  const attempt = async (
    open: Entry<Item>[],
  ): Promise<'ended' | 'divide' | { reason: string; retryInMillis?: number }> => {
    let body: Uint8Array
    try {
      body = toBody(open)
    } catch (error) {
      if (open.length > 1) return 'divide'
      const message = `the audit record cannot be put into a request: ${toReason(error)}`
      for (const entry of open) {
        entry.settle(new AuditError('TELLTALE_AUDIT_EVENT_INVALID', message, { cause: error }))
      }
      return 'ended'
    }
    const timeLeft = Math.max(...open.map((entry) => entry.giveUpAt)) - performance.now()
    let answer: PostAnswer
    try {
      answer = await options.post(body, timeLeft)
    } catch (error) {
      return { reason: reportFailure(toReason(error)) }
    }
    const objection = answer.status === 200 ? options.objectionTo(answer) : undefined
    if (answer.status === 200 && objection === undefined) {
      metrics.stored(open.length)
      for (const entry of open) entry.settle()
      reporter.over('audit', `audit records are delivered again to ${url}`)
      return 'ended'
    }
    const reason = objection ?? describeAnswer(answer)
    if (answer.status === 429 || answer.status >= 500) {
      const seconds = Number(answer.headers['retry-after'])
      reportFailure(reason)
      return { reason, ...(Number.isFinite(seconds) && { retryInMillis: seconds * 1_000 }) }
    }
    // One record that the Collector cannot read must not take the others with it.
    if ((answer.status === 400 || answer.status === 413) && open.length > 1) return 'divide'
    reportFailure(reason)
    for (const entry of open) {
      entry.settle(
        new AuditError('TELLTALE_AUDIT_REFUSED', `${url} refused the audit record: ${reason}`),
      )
    }
    return 'ended'
  }

  const toBody = (open: readonly Entry<Item>[]): Uint8Array => {
    const body = options.serialize(open.map(({ item }) => item))
    // An empty request would be answered with 200, and the record taken for stored.
    if (!body) throw new Error('the serializer returned nothing')
    return body
  }

  const reportFailure = (reason: string): string => {
    reporter.once('audit', `audit records cannot be delivered to ${url}: ${reason}`)
    return reason
  }

  return {
    deliver,
    pending: () => pending,
    idle: () =>
      pending === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve)),
  }
}

function unavailable(url: string, reason: string): AuditError {
  return new AuditError(
    'TELLTALE_AUDIT_UNAVAILABLE',
    `${url} did not confirm the audit record: ${reason}`,
  )
}
