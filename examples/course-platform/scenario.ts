import type { Evidence } from '../support/contract.ts'
import { requirePrograms } from '../support/programs.ts'
import { untilScraped } from '../support/prometheus.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { proveBackups } from './scenario/backups.ts'
import { proveHealth } from './scenario/health.ts'
import { accessLogOf } from './scenario/look.ts'
import { proveMetrics, proveMetricsGate } from './scenario/metrics.ts'
import { proveLogs, proveRequestIds } from './scenario/requests.ts'
import { proveSentry } from './scenario/sentry.ts'
import { startCoursePlatform } from './scenario/services.ts'
import { proveSyntheticCheck } from './scenario/synthetic-check.ts'
import { SEARCHES_PER_MINUTE, visit, watchVideos } from './scenario/visits.ts'

export const example: Example = { name: 'course-platform', contract, run }

async function run(stage: Stage): Promise<Evidence> {
  const { stack, open, say } = stage
  const { addresses } = stack
  await requirePrograms(['pg_dump', 'pg_restore'], say)
  const databaseUrl = await stack.createDatabase('courses')
  const api = open.use(
    await startCoursePlatform(addresses, 'course-platform', {
      DATABASE_URL: databaseUrl,
      METRICS_ENABLED: 'true',
      SEARCHES_PER_MINUTE: String(SEARCHES_PER_MINUTE),
    }),
  )
  stack.scrape('course-platform', {
    address: new URL(api.metricsUrl).host,
    labels: { job: 'course-platform' },
  })
  say('course-platform runs, with its metrics on its own port')

  const read = await visit(api)
  await proveRequestIds(stage, api)
  await proveLogs(stage, api)
  await proveHealth(stage, api, databaseUrl)
  await proveMetrics(stage, api)
  say('courses were read, and people were turned away')

  const closed = await proveMetricsGate(stage, api, databaseUrl)
  await proveSyntheticCheck(stage, api, closed)
  await proveBackups(stage, databaseUrl)
  say('backups were made, and what was destroyed was restored')
  await proveSentry(stage, databaseUrl)

  // Rates need two scrapes with something between them: of each kind of request one has been seen before.
  const video = 'path_template="/api/v1/courses/:id/video"'
  await untilScraped(addresses, `http_requests_total{job="course-platform", ${video}}`)
  await visit(api)
  await watchVideos(api, 20, async () =>
    untilScraped(addresses, 'http_requests_in_flight{job="course-platform"} >= 20'),
  )
  const [line] = await accessLogOf(addresses.loki, read)
  return {
    metricsUrls: { api: api.metricsUrl },
    services: ['course-platform'],
    traces: { 'a course is read from the database': line?.['trace_id'] ?? '' },
  }
}
