import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { showShort } from '../core/show-value.ts'
import type { AttributesTold } from './cells-by-attributes.ts'
import { METRIC_LIMITS } from './metric-limits.ts'

/** Hears of measurements with one instrument of the Meter API that could not be taken as they were given. */
export interface MeasurementTold extends AttributesTold {
  refused(value: unknown, isMonotonic: boolean): void
  fraction(value: number): void
  boundaries(given: unknown): void
}

/** Makes the ear of one instrument: says each cause once. */
export function createMeasurementTold(metric: string, reporter: Reporter): MeasurementTold {
  const said = new Set<string>()
  /** The message is made once: what happens a thousand times a second must stay cheap. */
  const once = (cause: string, toMessage: () => string): void => {
    if (said.has(cause)) return
    said.add(cause)
    reporter.once(`measurement ${metric} ${cause}`, `metric ${metric}: ${toMessage()}`)
  }
  return {
    unreadable(error) {
      once('unreadable', () => `attributes could not be read: ${toReason(error)}`)
    },
    tooLarge() {
      once(
        'too large',
        () =>
          `a label is longer than ${METRIC_LIMITS.label} characters, or there are more than ${METRIC_LIMITS.labels} of them; what is beyond is cut off`,
      )
    },
    overflow() {
      once(
        'overflow',
        () =>
          'it has as many series as "metrics.cardinalityLimit" allows; further ones are added up in the series with otel_metric_overflow="true"',
      )
    },
    refused(value, isMonotonic) {
      once('refused', () => {
        const rule = isMonotonic ? 'a number of at least 0' : 'a number'
        return `a value must be ${rule}; got ${showShort(value)}; such values are left out`
      })
    },
    fraction(value) {
      once('fraction', () => {
        return `its values are whole numbers (valueType INT); got ${showShort(value)}; fractions are cut off`
      })
    },
    boundaries(given) {
      once('boundaries', () => {
        return `"explicitBucketBoundaries" must be a list of at most ${METRIC_LIMITS.buckets} numbers; got ${showShort(given)}; the default ones are used`
      })
    },
  }
}
