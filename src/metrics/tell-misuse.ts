import { toReason } from '../core/errors.ts'
import { showShort } from '../core/show-value.ts'
import type { Misfit } from './series-table.ts'

/** What is counted of measurements that could not be taken as they were given, by the metric's name. */
export interface MisuseCounts {
  folded(metric: string): void
  dropped(metric: string): void
  refused(metric: string): void
}

/** Hears of measurements of one metric that could not be taken as they were given: counts each, says each cause once. */
export interface Told {
  misfit(misfit: Misfit): void
  refused(value: unknown): void
  failed(error: unknown): void
}

const REASONS: Readonly<Record<Misfit['why'], string>> = {
  missing: 'is missing',
  unusable: 'has a value that is no text, or one of more than 1 024 characters',
  unlisted: 'has a value that is not in its list',
  bound: 'has more values than its bound allows',
  undeclared: 'is not declared',
}

/** Makes the ear of one metric. */
export function createTold(
  metric: string,
  counts: MisuseCounts,
  say: (cause: string, message: string) => void,
): Told {
  const said = new Set<string>()
  /** The message is made once: what is counted a thousand times a second must stay cheap. */
  const once = (cause: string, toMessage: () => string): void => {
    if (said.has(cause)) return
    said.add(cause)
    say(`metric ${metric} ${cause}`, `metric ${metric}: ${toMessage()}`)
  }
  return {
    misfit({ outcome, label, why }) {
      if (outcome !== 'ignored') counts[outcome](metric)
      once(outcome === 'ignored' ? 'undeclared label' : `${label} ${why}`, () => {
        const what =
          label === undefined
            ? 'there are more series than "maxSeries" allows'
            : `the label "${label}" ${REASONS[why]}`
        const then =
          outcome === 'folded'
            ? 'what has it is counted as "other"'
            : outcome === 'ignored'
              ? 'it is left out wherever it is given'
              : 'series that have it are left out, and counted in telltale_metrics_measurements_dropped_total'
        return `${what}; ${then}`
      })
    },
    refused(value) {
      counts.refused(metric)
      once('refused', () => {
        return `a value must be a finite number, and at least 0 but for gauges and up-down counters; got ${showShort(value)}; such values are left out`
      })
    },
    failed(error) {
      counts.refused(metric)
      once(
        'failed',
        () => `its labels could not be read (${toReason(error)}); the measurement is left out`,
      )
    },
  }
}
