import { eventually } from '../support/eventually.ts'
import { type Sample, scrape, sumOf } from '../support/exposition.ts'
import { cut, type Terminal } from '../support/terminal.ts'
import type { Answer } from './traffic.ts'

/** The metric families that are worth a look after the traffic of the demo. */
const families = [
  'http_requests_total',
  'http_request_duration_seconds',
  'reward_claims_total',
  'stellar_transactions_total',
  'stellar_transaction_duration_seconds',
  'db_active_connections',
  'redis_connected',
] as const

/**
 * Shows what the service's metrics endpoint says, read over HTTP.
 *
 * @throws {Error} unless it has counted exactly what was sent
 */
export async function showMetrics(
  terminal: Terminal,
  metricsUrl: string,
  answers: readonly Answer[],
): Promise<void> {
  const route = '/quizzes/:id/claim'
  const claimed = answers.filter(({ body }) => body['status'] === 'claimed').length
  const samples = await eventually(
    'the requests and claims that were sent',
    async () => scrape(metricsUrl),
    (samples) =>
      sumOf(samples, 'http_requests_total', { route }) === answers.length &&
      sumOf(samples, 'reward_claims_total', { status: 'success' }) === claimed,
    { withinMillis: 5_000 },
  )
  terminal.heading('Metrics', `GET ${metricsUrl}`)
  for (const family of families) showFamily(terminal, family, samples)
}

function showFamily({ line, paint, width }: Terminal, family: string, all: Sample[]): void {
  const isHistogram = family.endsWith('_seconds')
  const samples = all.filter(({ name }) => name === (isHistogram ? `${family}_count` : family))
  if (samples.length === 0) throw new Error(`the metric ${family} is missing`)

  // What counts and has known labels is there from the start, at 0; that is not worth a line here.
  const isCounting = isHistogram || family.endsWith('_total')
  const shown = samples.filter(({ value }) => value !== 0 || !isCounting)
  const column = Math.min(68, width - 14)
  for (const [index, sample] of shown.entries()) {
    const labels = toText(sample.labels)
    const value = paint('bold', isHistogram ? toAverage(all, family, sample) : `${sample.value}`)
    if (index === 0) line(`  ${family.padEnd(column)}${labels ? '' : value}`)
    if (labels) line(`    ${cut(labels, column - 4).padEnd(column - 2)}${value}`)
  }
}

function toText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(' ')
}

function toAverage(samples: readonly Sample[], family: string, count: Sample): string {
  const seconds = sumOf(samples, `${family}_sum`, count.labels) / count.value
  return `${count.value} × ${(seconds * 1_000).toFixed(1)} ms`
}
