import { describe, expect, test } from 'vitest'
import type { Environment } from '../../src/config/settle.ts'
import { settleAll, settingTables } from '../../src/settings.ts'

function settled(options: object, environment: Environment = {}) {
  const findings = { problems: [] as string[], warnings: [] as string[] }
  return { settings: settleAll(options, environment, findings), ...findings }
}

test('without options and variables everything has its default, and nothing is found', () => {
  const { settings, problems, warnings } = settled({})

  expect([...problems, ...warnings]).toEqual([])
  expect(settings.general).toMatchObject({ disabled: false, diagnosticLevel: 'warn' })
  expect(settings.otlp).toMatchObject({
    endpoint: 'http://localhost:4318',
    protocol: 'http/json',
    timeoutMillis: 10_000,
    compression: 'none',
  })
  expect(settings.admin).toEqual({ port: 9090, host: '0.0.0.0' })
  expect(settings.tracing.sampler).toBe('parentbased_always_on')
  expect(settings.lifecycle.shutdownTimeoutMillis).toBe(5_000)
})

test('each place of the options settles by its own table', () => {
  const { settings, problems } = settled(
    {
      serviceName: 'from-code',
      tracing: { sampler: 'always_off' },
      audit: { timeoutMillis: 500 },
      instrumentations: [],
    },
    {
      OTEL_SERVICE_NAME: 'from-environment',
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      TELLTALE_AUDIT_TOKEN: 'secret',
    },
  )

  expect(problems).toEqual([])
  expect(settings.general.serviceName).toBe('from-code')
  expect(settings.tracing.sampler).toBe('always_off')
  expect(settings.audit).toMatchObject({ timeoutMillis: 500, token: 'secret' })
  expect(settings.admin.port).toBe(0)
  expect(Object.isFrozen(settings)).toBe(true)
  expect(Object.isFrozen(settings.audit)).toBe(true)
})

test('a limit for one kind of record wins over the limit for all', () => {
  const { settings } = settled(
    {},
    { OTEL_ATTRIBUTE_COUNT_LIMIT: '64', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '32' },
  )

  expect(settings.tracing.attributeCountLimit).toBe(32)
  expect(settings.logging.attributeCountLimit).toBe(64)
})

describe('what is wrong in the options', () => {
  test.each<[string, object, string[]]>([
    [
      'an unknown option at the top',
      { servicename: 'x' },
      ['"servicename" is not an option; did you mean "serviceName"?'],
    ],
    [
      'an unknown place',
      { traceing: {} },
      ['"traceing" is not an option; did you mean "tracing"?'],
    ],
    [
      'an unknown option in a place',
      { audit: { endpont: 'http://x' } },
      ['"audit.endpont" is not an option; did you mean "audit.endpoint"?'],
    ],
    [
      'a place that is no object',
      { otlp: 'http://x' },
      ['"otlp" must be an object of options; got "http://x"'],
    ],
    ['a place that is null', { otlp: null }, ['"otlp" must be an object of options; got null']],
    ['a place that is a list', { otlp: ['x'] }, ['"otlp" must be an object of options; got ["x"]']],
    [
      'a URL that is none',
      { otlp: { endpoint: 'nonsense' } },
      ['"otlp.endpoint" must be an http:// or https:// URL; got "nonsense"'],
    ],
    [
      'a port out of range',
      { admin: { port: 65_536 } },
      ['"admin.port" must be a whole number from 0 to 65535; got 65536'],
    ],
    [
      'several at once',
      { serviceName: '', admin: { prt: 1 } },
      [
        '"serviceName" must be a text that is not empty; got ""',
        '"admin.prt" is not an option; did you mean "admin.port"?',
      ],
    ],
  ])('%s is a problem', (_title, options, expected) => {
    const { problems, warnings } = settled(options)

    expect(problems).toEqual(expected)
    expect(warnings).toEqual([])
  })

  test('headers that cannot be used are hidden in the message', () => {
    const { problems } = settled({ otlp: { headers: { authorization: 5 } } })

    expect(problems).toEqual([
      '"otlp.headers" must be pairs key=value, divided by commas; got [hidden]',
    ])
  })
})

describe('what is wrong in the environment', () => {
  test.each<[Record<string, string>, string]>([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' },
      'OTEL_EXPORTER_OTLP_ENDPOINT ("otlp.endpoint") must be an http:// or https:// URL; got "nonsense"; using "http://localhost:4318"',
    ],
    [
      { TELLTALE_AUDIT_ENDPONT: 'http://x' },
      'TELLTALE_AUDIT_ENDPONT is not a known setting; did you mean TELLTALE_AUDIT_ENDPOINT?',
    ],
    [
      { OTEL_TRACES_SAMPLER_ARG: '2' },
      'OTEL_TRACES_SAMPLER_ARG ("tracing.samplerArgument") must be a number from 0 to 1; got "2"; ignored',
    ],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'authorization' },
      'OTEL_EXPORTER_OTLP_HEADERS ("otlp.headers") must be pairs key=value, divided by commas; got [hidden]; using [hidden]',
    ],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL ("otlp.protocol") must be one of http/protobuf, http/json; got "grpc"; using "http/json"',
    ],
    [
      { OTEL_METRIC_EXPORT_INTERVAL: '1000' },
      'OTEL_METRIC_EXPORT_INTERVAL has no effect: metrics are pulled by Prometheus, not pushed',
    ],
  ])('%j is a warning, and init() goes on', (environment, expected) => {
    const { problems, warnings } = settled({}, environment)

    expect(problems).toEqual([])
    expect(warnings).toEqual([expected])
  })
})

/**
 * Every variable of the specification.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
const STANDARD = [
  'SDK_DISABLED',
  'ENTITIES',
  'RESOURCE_ATTRIBUTES',
  'SERVICE_NAME',
  'LOG_LEVEL',
  'PROPAGATORS',
  'TRACES_SAMPLER',
  'TRACES_SAMPLER_ARG',
  'CONFIG_FILE',
  'TRACES_EXPORTER',
  'METRICS_EXPORTER',
  'LOGS_EXPORTER',
  ...['BSP', 'BLRP'].flatMap((processor) =>
    ['SCHEDULE_DELAY', 'EXPORT_TIMEOUT', 'MAX_QUEUE_SIZE', 'MAX_EXPORT_BATCH_SIZE'].map(
      (name) => `${processor}_${name}`,
    ),
  ),
  ...['', 'SPAN_', 'LOGRECORD_'].flatMap((kind) => [
    `${kind}ATTRIBUTE_VALUE_LENGTH_LIMIT`,
    `${kind}ATTRIBUTE_COUNT_LIMIT`,
  ]),
  'SPAN_EVENT_COUNT_LIMIT',
  'SPAN_LINK_COUNT_LIMIT',
  'EVENT_ATTRIBUTE_COUNT_LIMIT',
  'LINK_ATTRIBUTE_COUNT_LIMIT',
  ...['', 'TRACES_', 'METRICS_', 'LOGS_'].flatMap((signal) =>
    [
      'ENDPOINT',
      'INSECURE',
      'CERTIFICATE',
      'CLIENT_KEY',
      'CLIENT_CERTIFICATE',
      'HEADERS',
      'COMPRESSION',
      'TIMEOUT',
      'PROTOCOL',
    ].map((name) => `EXPORTER_OTLP_${signal}${name}`),
  ),
  'EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
  'EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
  'EXPORTER_ZIPKIN_ENDPOINT',
  'EXPORTER_ZIPKIN_TIMEOUT',
  'EXPORTER_PROMETHEUS_HOST',
  'EXPORTER_PROMETHEUS_PORT',
  'METRICS_EXEMPLAR_FILTER',
  'METRIC_EXPORT_INTERVAL',
  'METRIC_EXPORT_TIMEOUT',
].map((name) => `OTEL_${name}`)

test.each(STANDARD)(
  'the standard variable %s is known: it works, or its warning says why not',
  (name) => {
    const { warnings } = settled({}, { [name]: 'x' })

    expect(warnings.filter((warning) => warning.includes('is not a known setting'))).toEqual([])
  },
)

const settings = Object.entries(settingTables).flatMap(([place, table]) =>
  Object.entries(table).map(
    ([key, setting]) => [place === '' ? key : `${place}.${key}`, setting] as const,
  ),
)

describe('every setting', () => {
  test.each(settings)(
    '%s has a variable, a rule, and a default that is allowed',
    (_name, setting) => {
      expect(setting.env.length).toBeGreaterThan(0)
      expect(setting.rule).not.toBe('')
      const unbounded = setting.default === Infinity
      expect(unbounded || setting.default === undefined || setting.accepts(setting.default)).toBe(
        true,
      )
    },
  )

  test('no variable sets two things, but for the limits that hold for all records', () => {
    const variables = settings.map(([, { env }]) => env[0]!)

    expect(new Set(variables).size).toBe(variables.length)
  })

  test('what carries credentials is secret', () => {
    const secret = settings.filter(([, setting]) => setting.secret).map(([name]) => name)

    expect(secret).toEqual([
      'otlp.headers',
      'otlp.tracesHeaders',
      'otlp.logsHeaders',
      'audit.token',
      'sentry.dsn',
    ])
  })
})
