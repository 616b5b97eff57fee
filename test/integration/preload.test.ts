import { describe, expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { fixture, runApp } from '../support/run-app.ts'

const PRELOADS = [
  ['telltale/register', ['--import', 'telltale/register'], 'fixture'],
  [
    'an ES module that calls init()',
    ['--import', fixture('preload/telemetry.mjs')],
    'named in code',
  ],
  [
    'a TypeScript module that calls init()',
    ['--import', fixture('preload/telemetry.ts')],
    'named in code',
  ],
  [
    'a CommonJS module that calls init()',
    ['--require', fixture('preload/telemetry.cjs')],
    'named in code',
  ],
  [
    'both a preload and register',
    ['--import', fixture('preload/telemetry.mjs'), '--import', 'telltale/register'],
    'named in code',
  ],
] as const

describe.each(PRELOADS)('with %s', (_name, nodeArguments, serviceName) => {
  test.each(['preload/app.mjs', 'preload/app.cjs'])(
    '%s makes one SERVER and one CLIENT span',
    async (file) => {
      await using receiver = await startOtlpReceiver()

      const app = await runApp(
        file,
        { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
        { nodeArguments },
      )

      expect(app.code).toBe(0)
      expect(receiver.spans.map(({ kind }) => kind).toSorted((a, b) => a - b)).toEqual([2, 3])
      expect(receiver.spans[0]?.resource['service.name']).toBe(serviceName)
    },
  )
})

test('what was loaded before init() is named', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp(
    'preload/late.mjs',
    { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    { nodeArguments: [] },
  )

  expect(app.stderr).toMatch(
    /not patched: .*http \(loaded before init\(\)\).*pg \(loaded before init\(\)\)/,
  )
  expect(app.stderr).toMatch(/--import telltale\/register/)
})
