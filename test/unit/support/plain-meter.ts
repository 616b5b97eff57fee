import type { Meter, MeterProvider } from '@opentelemetry/api'
import type { MetersOptions } from '../../../src/metrics/meters-reader.ts'
import { createRecordingReporter } from './recording-reporter.ts'
import { createScrapedMeters, type ScrapedMeters } from './scraped-meters.ts'

/** A meter of ours, and what one sees of it. */
export interface PlainMeter {
  readonly provider: MeterProvider
  readonly meter: Meter
  /** What the reporter has said. */
  readonly reported: readonly string[]
  /** What /metrics would show, and what was wrong with callbacks. */
  readonly scrape: ScrapedMeters['scrape']
  /** The lines with series of a scrape. */
  series(timeoutMillis?: number): Promise<string[]>
}

/** Makes a meter called `shop`. */
export function createPlainMeter(options: Partial<MetersOptions> = {}): PlainMeter {
  const reporter = createRecordingReporter()
  const { provider, scrape } = createScrapedMeters(reporter, options)
  return {
    provider,
    meter: provider.getMeter('shop'),
    reported: reporter.lines,
    scrape,
    async series(timeoutMillis) {
      const { text } = await scrape(timeoutMillis)
      return text.split('\n').filter((line) => /^(?!#|target_info|$)/.test(line))
    },
  }
}
