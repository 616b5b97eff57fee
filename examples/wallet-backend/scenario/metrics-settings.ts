import { assert } from '../../support/assert.ts'
import { freePort } from '../../support/free-port.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { send } from './client.ts'
import { startProcess } from './services.ts'

type Variables = Readonly<Record<string, string>>

/** Instances that are told otherwise where metrics are to be served. */
export async function provePrometheusSettings(
  stage: Stage,
  api: Service,
  variables: Variables,
): Promise<void> {
  const { prove } = stage
  await prove('GET /metrics on the port of the application', async () => {
    const text = await textOf(`${api.url}/metrics`)
    assert(text.includes('# TYPE http_requests_total counter'), 'the metrics are not there')
  })
  await provePlace(stage, api, variables)
  await using silent = await startProcess(stage.stack.addresses, {
    name: 'wallet-backend-silent',
    script: 'src/api.ts',
    variables: {
      ...variables,
      APP_VERSION: '2.7.1',
      PROMETHEUS_ENABLED: 'false',
      SLACK_ALERTING_ENABLED: 'false',
    },
  })
  await prove('APP_VERSION', async () => {
    const { body } = await send(`${silent.url}/health`, 'GET')
    assert(body['version'] === '2.7.1', `its version is ${String(body['version'])}`)
  })
  await prove('PROMETHEUS_ENABLED=false', async () => {
    for (const url of [silent.metricsUrl, `${silent.url}/metrics`]) {
      assert(!(await textOf(url)).includes('# TYPE '), `${url} has metrics`)
    }
  })
}

async function provePlace(
  { stack, prove }: Stage,
  api: Service,
  variables: Variables,
): Promise<void> {
  const metricsPort = await freePort()
  await using _there = await startProcess(stack.addresses, {
    name: 'wallet-backend-port',
    script: 'src/api.ts',
    metricsPort,
    variables: { ...variables, PROMETHEUS_HOST: '127.0.0.2' },
  })
  const at = async (host: string): Promise<string> =>
    textOf(`http://${host}:${metricsPort}/metrics`)
  await prove('PROMETHEUS_PORT', async () => {
    assert((await at('127.0.0.2')).includes('http_requests_total'), 'the metrics are not there')
  })
  await prove('PROMETHEUS_HOST', async () => {
    const elsewhere = await at('127.0.0.1').catch(() => undefined)
    assert(elsewhere === undefined, 'it listens on another address as well')
    // Nobody told this one: it listens everywhere.
    const text = await textOf(api.metricsUrl.replace('//127.0.0.1:', '//127.0.0.2:'))
    assert(text.includes('http_requests_total'), 'without it not every address is listened on')
  })
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}
