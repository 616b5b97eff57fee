import { expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp } from '../support/run-app.ts'

test('a contrib instrumentation among the dependencies is used without being asked for', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('discover/app.js', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })

  expect(app.code).toBe(0)
  const server = receiver.spans.filter((span) => span.kind === 2)
  expect(server.map(({ name }) => name)).toEqual(['GET /courses/:course/units/:unit'])
  expect(receiver.spans.map(({ scope }) => scope)).toContain(
    '@opentelemetry/instrumentation-express',
  )
  expect(server[0]?.resource['service.version']).toBe('3.2.1')
})

test('a contrib instrumentation is not used when it is switched off', async () => {
  await using receiver = await startOtlpReceiver()

  await runApp('discover/app.js', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'express',
  })

  expect(receiver.spans.map(({ scope }) => scope)).not.toContain(
    '@opentelemetry/instrumentation-express',
  )
})

test('an instrumentation given in code replaces ours of the same package', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp(
    'preload/app.mjs',
    { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    { nodeArguments: ['--import', './test/fixtures/preload/own-http.mjs'] },
  )

  expect(app.code).toBe(0)
  expect(receiver.spans.map(({ attributes }) => attributes['fixture'])).toEqual(['mine', 'mine'])
})
