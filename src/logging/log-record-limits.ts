import { cutText } from '../core/cut-text.ts'
import type { Redaction } from '../core/redaction.ts'
import type { Reporter } from '../core/reporter.ts'
import { SAFE_VALUE_LIMITS } from './safe-value.ts'

/** What one log record may have at the most, in characters, whatever a value of it may have. */
export const LOG_RECORD_LIMITS = {
  /** The attributes in all: with the signs of three bytes it is what Loki is set up to take. */
  attributes: 524_288,
  /** A name: of an attribute, of the event, of the severity. */
  name: 1_024,
  /** What stays of an attribute, however much the others have. */
  short: 256,
} as const

/** How long the values of a log record may be, and who is told of those that were longer. */
export interface LogLengths {
  /** What the SDK is to cut, without a word in its place. */
  readonly sdk: number
  /** What one attribute may have, in characters with all that is in it. */
  readonly value: number
  /** Says once that something of a record was cut off, such as `the message`, of a logger's record. */
  tellCut(what: string, logger: string): void
}

/**
 * The lengths by the setting `logging.attributeValueLengthLimit`: below the usual length it is OpenTelemetry's, above it ours.
 *
 * @param limit - 0 is none, as for the SDK
 * @see docs/decisions/0023-what-is-too-long-is-cut.md
 */
export function createLogLengths(
  limit: number,
  redaction: Redaction,
  reporter: Reporter,
): LogLengths {
  const { length: usual, members, depth } = SAFE_VALUE_LIMITS
  const isLower = limit > 0 && limit < usual
  const value = limit > usual && limit < Infinity ? limit : usual
  return {
    sdk: isLower ? limit : Infinity,
    value,
    tellCut(what, logger) {
      const of = redaction.text(`${cutText(what, LOG_RECORD_LIMITS.name)} of "${logger}"`)
      reporter.once(
        'log record length',
        `a log record is too large (first because of ${of}): what is beyond ${value} characters, ${members} members or ${depth} levels of one field, and ${LOG_RECORD_LIMITS.attributes} characters in all, is cut off; OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT allows longer fields`,
      )
    },
  }
}
