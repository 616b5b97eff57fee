import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { accessLogOf, PATIENCE } from './look.ts'
import { startCoursePlatform } from './services.ts'
import { countInFlight, watchVideos } from './visits.ts'

/** What the metrics of requests have in them. */
export async function proveMetrics({ prove }: Stage, api: Service): Promise<void> {
  await prove('http_requests_in_flight is 0 again whatever happened', async () => {
    await watchVideos(api, 20)
    await eventually(
      '0 requests in flight',
      async () => countInFlight(api),
      (value) => value === 0,
      PATIENCE,
    )
  })
  await prove('path_template begins with / and never has a number in it', async () => {
    const templates = (await scrape(api.metricsUrl)).flatMap(({ labels }) =>
      labels['path_template'] === undefined ? [] : [labels['path_template']],
    )
    const bad = templates.find((template) => !/^\/(?!.*\/\d+(?:\/|$))/.test(template))
    assert(templates.length > 0 && bad === undefined, `there is ${bad}`)
  })
  await prove('http_server_errors_total counts 5xx and nothing else', async () => {
    const samples = await scrape(api.metricsUrl)
    const errors = samples.filter(({ name }) => name === 'http_server_errors_total')
    const other = errors.find(({ labels }) => !isError(labels))
    assert(other === undefined, `it counts ${other?.labels['status_code']}`)
    const counted = sumOf(samples, 'http_server_errors_total')
    const all = samples
      .filter(({ name, labels }) => name === 'http_requests_total' && isError(labels))
      .reduce((sum, { value }) => sum + value, 0)
    assert(counted > 0 && counted === all, `it counts ${counted} of ${all}`)
  })
}

function isError({ status_code: status = '' }: Readonly<Record<string, string>>): boolean {
  return status.startsWith('5')
}

/** Metrics on the application's own port, and not: an instance that nobody told of a proxy either. */
export async function proveMetricsGate(
  { stack, open, prove }: Stage,
  api: Service,
  databaseUrl: string,
): Promise<Service> {
  await prove('METRICS_ENABLED=true: GET /metrics/ on the port of the application', async () => {
    const response = await fetch(`${api.url}/metrics/`)
    const text = await response.text()
    assert(response.status === 200, `it answered ${response.status}`)
    assert(text.includes('# TYPE http_requests_in_flight gauge'), 'the metrics are not in it')
  })
  const closed = open.use(
    await startCoursePlatform(stack.addresses, 'course-platform-closed', {
      DATABASE_URL: databaseUrl,
      METRICS_ENABLED: 'false',
      TRUSTED_PROXIES: '',
    }),
  )
  await prove('METRICS_ENABLED=false: 404', async () => {
    const { status } = await fetch(`${closed.url}/metrics/`)
    assert(status === 404, `it answered ${status}`)
    const id = crypto.randomUUID()
    const headers = { 'x-request-id': id, 'x-forwarded-for': '203.0.113.7', 'x-user': 'ada' }
    await fetch(`${closed.url}/api/v1/courses`, { headers })
    const [line] = await accessLogOf(stack.addresses.loki, id, closed.name)
    assert(line?.['ip'] === '127.0.0.1', `without a trusted proxy the address is ${line?.['ip']}`)
    assert(line['user'] === undefined, `without one somebody says to be ${line['user']}`)
  })
  return closed
}
