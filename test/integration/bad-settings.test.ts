import { expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp } from '../support/run-app.ts'

test('a variable that cannot be used is named with its rule and its value, and counts as unset', async () => {
  const app = await runApp('lifecycle/one-span.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: 'soon',
  })

  expect(app.code).toBe(0)
  expect(app.stderr).toContain(
    'OTEL_EXPORTER_OTLP_ENDPOINT ("otlp.endpoint") must be an http:// or https:// URL; got "nonsense"',
  )
  expect(app.stderr).toContain(
    'OTEL_BSP_SCHEDULE_DELAY ("tracing.scheduledDelayMillis") must be a whole number from 0 to 2147482647; got "soon"; using 5000',
  )
})

test('a misspelt variable is named with the nearest right one', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('lifecycle/one-span.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPONT: 'http://127.0.0.1:1',
    OTEL_SERVICE_NAEM: 'typo',
  })

  expect(app.stderr).toContain(
    'TELLTALE_AUDIT_ENDPONT is not a known setting; did you mean TELLTALE_AUDIT_ENDPOINT?',
  )
  expect(app.stderr).toContain(
    'OTEL_SERVICE_NAEM is not a known setting; did you mean OTEL_SERVICE_NAME?',
  )
})

test('init() refuses options that it does not know, all at once and with the nearest name', async () => {
  const app = await runApp('lifecycle/bad-options.mjs', {}, { nodeArguments: [] })

  expect(app.code).toBe(1)
  expect(app.stderr).toContain('"servicename" is not an option; did you mean "serviceName"?')
  expect(app.stderr).toContain('"otlp.endpont" is not an option; did you mean "otlp.endpoint"?')
  expect(app.stderr).toContain('"admin.port" must be a whole number from 0 to 65535; got -1')
  expect(app.stderr).toContain('TELLTALE_CONFIG_INVALID')
})

test('a service without a name takes that of its package.json and says so', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('lifecycle/one-span.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_SERVICE_NAME: undefined,
    OTEL_RESOURCE_ATTRIBUTES: 'team=quiz%20team,service.version=9.9.9',
    TELLTALE_DEPLOYMENT_ENVIRONMENT: 'test',
  })

  expect(app.stderr).toMatch(/service\.name is "telltale".*OTEL_SERVICE_NAME/)
  expect(receiver.spans[0]?.resource).toMatchObject({
    'service.name': 'telltale',
    'service.version': '9.9.9',
    'deployment.environment.name': 'test',
    team: 'quiz team',
  })
})

test('OTEL_SDK_DISABLED turns everything off', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('lifecycle/one-span.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_SDK_DISABLED: 'true',
  })

  expect(app.code).toBe(0)
  expect(app.stderr).toBe('')
  expect(receiver.requests).toEqual([])
})

test('instrumentations can be chosen, and a name that does not exist is named', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('signals/fastify-app.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici,htttp',
  })

  expect(app.stderr).toMatch(/no instrumentation "htttp" is installed; did you mean "http"\?/)
  expect(receiver.spans.filter((span) => span.kind === 3)).toEqual([])
  expect(receiver.spans.filter((span) => span.kind === 2)).toHaveLength(2)
})
