import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import type { LastRequest } from '../otlp/last-flush.ts'
import type { Post } from '../otlp/post.ts'
import { createRepeatedErrors } from './repeated-errors.ts'
import { isReportable, toSentryEvent, type EventOrigin } from './sentry-event.ts'
import type { SentryLibrary } from './sentry-library.ts'

/** Events on their way at the most; what comes beyond them is dropped and told. */
const MAX_ON_THE_WAY = 64
const TIMEOUT_MILLIS = 10_000
const HEADERS = { 'content-type': 'application/x-sentry-envelope' }

/** Reports errors among log records to Sentry. */
export interface SentryLogRecordProcessor extends LogRecordProcessor {
  /** Events on their way. */
  pending(): number
  /** Says how many events are still on their way, if any are: nobody waits for them any more. */
  sayLeft(): void
  /** Events on their way, as requests that can be sent while the thread stands still. */
  takeLastRequests(): LastRequest[]
}

/** What it needs from outside. */
export interface SentryParts {
  readonly library: SentryLibrary
  readonly dsn: string
  readonly origin: () => EventOrigin
  /** Makes a client of an address that is never traced. */
  readonly createPost: (url: string, headers: Readonly<Record<string, string>>) => Post
  /** Counts an event that is lost, by why. */
  readonly dropped: (errorType: string) => void
  readonly reporter: Reporter
}

/**
 * Sends each log record of an error that was thrown to Sentry, by Sentry's own transport, which obeys its rate limits. It stands
 * behind the redaction, and nothing of Sentry listens to anything else in this process.
 *
 * @see docs/decisions/0022-errors-to-sentry.md
 */
export function createSentryLogRecordProcessor(parts: SentryParts): SentryLogRecordProcessor {
  const { library, origin, dropped, reporter } = parts
  const dsn = library.makeDsn(parts.dsn)
  if (!dsn) throw new Error('Sentry does not know this kind of DSN')
  const url = library.getEnvelopeEndpointWithUrlEncodedAuth(dsn)
  const post = parts.createPost(url, HEADERS)
  const parseStack = library.createStackParser(library.nodeStackLineParser())
  const isRepeated = createRepeatedErrors()
  const onTheWay = new Set<string | Uint8Array>()
  const transport = library.createTransport(
    {
      bufferSize: MAX_ON_THE_WAY,
      recordDroppedEvent(reason) {
        // An answer that refuses it is counted by its status.
        if (reason !== 'send_error') dropped(reason)
        reporter.once(`sentry ${reason}`, `an error was not reported to Sentry: ${reason}`)
      },
    },
    async ({ body }) => {
      onTheWay.add(body)
      try {
        const { status, headers } = await post(Buffer.from(body), TIMEOUT_MILLIS)
        if (status >= 300) {
          dropped(String(status))
          reporter.once(`sentry ${status}`, `Sentry answered ${status}`)
        }
        const one = (name: string): string | null => headers[name]?.toString() ?? null
        return {
          statusCode: status,
          headers: {
            'x-sentry-rate-limits': one('x-sentry-rate-limits'),
            'retry-after': one('retry-after'),
          },
        }
      } finally {
        onTheWay.delete(body)
      }
    },
  )
  const report = (record: ReadableLogRecord): void => {
    const { attributes, spanContext } = record
    const stack = String(attributes['exception.stacktrace'] ?? attributes['exception.message'])
    if (isRepeated(spanContext?.traceId, stack)) return
    const event = toSentryEvent(record, origin(), parseStack)
    const sending = transport.send(library.createEventEnvelope(event, dsn))
    void sending.then(undefined, (error: unknown) => {
      reporter.once('sentry', `an error could not be reported to Sentry: ${toReason(error)}`)
    })
  }
  return {
    onEmit(record) {
      if (!isReportable(record)) return
      try {
        report(record)
      } catch (error) {
        reporter.once('sentry event', `an error could not be put for Sentry: ${toReason(error)}`)
      }
    },
    pending: () => onTheWay.size,
    sayLeft() {
      const left = onTheWay.size
      if (left === 0) return
      reporter.once('sentry left', `Sentry has not answered in time: ${left} errors may be lost`)
    },
    takeLastRequests() {
      const bodies = [...onTheWay]
      onTheWay.clear()
      return bodies.map((body) => ({
        url,
        headers: HEADERS,
        body: Buffer.from(body),
        tls: {},
        what: 'errors for Sentry',
        count: 1,
      }))
    },
    async forceFlush() {
      await transport.flush(TIMEOUT_MILLIS)
    },
    async shutdown() {
      await transport.flush(TIMEOUT_MILLIS)
    },
  }
}
