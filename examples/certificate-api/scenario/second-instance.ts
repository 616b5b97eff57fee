import { readFile } from 'node:fs/promises'
import { assert } from '../../support/assert.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import { askPrometheus, untilScraped } from '../../support/prometheus.ts'
import type { Stage } from '../../support/stage.ts'
import { untilHealth } from './probes.ts'
import { startCertificateApi } from './services.ts'

/** An instance with other settings, which cannot reach the keys, lives for a moment and is ended. */
export async function proveSecondInstance(
  stage: Stage,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const { prove, stack, open } = stage
  const { addresses } = stack
  const name = 'certificate-api-second'
  const second = open.use(
    await startCertificateApi(addresses, name, {
      ...variables,
      TELLTALE_LOG_LEVEL: 'debug',
      // Where nobody listens.
      JWKS_URL: 'http://127.0.0.1:1/jwks.json',
    }),
  )
  stack.scrape(name, { address: new URL(second.metricsUrl).host, labels: { job: name } })

  await prove('counters whose values are declared are there at 0 from the start', async () => {
    const samples = await scrape(second.metricsUrl)
    for (const [name, expected] of [
      ['certificate_api_authentication_failures_total', 5],
      ['certificate_api_pca_api_calls_total', 6],
    ] as const) {
      const { length } = samples.filter((sample) => sample.name === name)
      assert(length === expected, `${name} has ${length} series, not ${expected}`)
    }
    const failures = sumOf(samples, 'certificate_api_authentication_failures_total')
    assert(failures === 0, `${failures} failures are counted before anybody has asked`)
  })
  await prove('paths that nobody serves become no labels', async () => {
    for (const path of ['/.git/config', '/certificates/1/2/3', '/nothing?x=1', '/nothing']) {
      const { status, body } = await fetch(second.url + path)
      await body?.cancel()
      assert(status === 404, `${path} was answered ${status}`)
    }
    const routes = (await scrape(second.metricsUrl)).flatMap(({ labels }) => labels['route'] ?? [])
    const foreign = routes.find((route) => /git|nothing|1/.test(route))
    assert(routes.length > 0 && foreign === undefined, `there is the route ${foreign}`)
  })

  await prove('keys that cannot be fetched are no fault of the caller', async () => {
    const { checks } = await untilHealth(stage, second, 503)
    assert(checks['jwks']?.status === 'unhealthy', 'the check of the keys does not see it')
    const headers = { authorization: 'Bearer eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.e30.AA' }
    const { status } = await fetch(`${second.url}/certificates/none`, { headers })
    assert(status === 503, `a caller was answered ${status}`)
  })
  await prove('the alert on a service that is down fires when its series is gone', async () => {
    const up = `certificate_api_up{job="${name}"}`
    const alert = `${up} == 0 or absent(${up})`
    await untilScraped(addresses, `${up} == 1`)
    const early = await askPrometheus(addresses.prometheus ?? '', alert)
    assert(early.length === 0, 'it fires while the service runs')
    const { code } = await second.stop()
    assert(code === 0, `the service ended with ${code}`)
    await untilScraped(addresses, alert)
  })
  await prove('the metrics server ends with the service', async () => {
    const isOpen = await fetch(second.metricsUrl).then(
      () => true,
      () => false,
    )
    assert(!isOpen, 'somebody still answers')
  })
  await prove('the log level is set by configuration', async () => {
    const text = await readFile(second.logFile, 'utf8')
    assert(/"level":"debug"/.test(text), 'there is no line of level debug')
  })
}
