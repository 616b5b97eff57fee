import { expect, test } from 'vitest'
import { checkEnvironmentNames } from '../../../src/config/environment-names.ts'

const known = ['TELLTALE_AUDIT_ENDPOINT', 'OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_ENDPOINT']

test.each([
  ['TELLTALE_AUDIT_ENDPONT', 'TELLTALE_AUDIT_ENDPOINT'],
  ['TELLTALE_AUDIT_ENPOINT', 'TELLTALE_AUDIT_ENDPOINT'],
  ['OTEL_SERVICENAME', 'OTEL_SERVICE_NAME'],
  ['OTEL_EXPORTER_OTLP_ENDPIONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
])('%s is named, and %s suggested', (given, suggested) => {
  expect(checkEnvironmentNames({ [given]: 'x' }, known)).toEqual([
    `${given} is not a known setting; did you mean ${suggested}?`,
  ])
})

test('a name like no other is named without a guess', () => {
  expect(checkEnvironmentNames({ TELLTALE_FAVOURITE_COLOUR_OF_ALL: 'x' }, known)).toEqual([
    'TELLTALE_FAVOURITE_COLOUR_OF_ALL is not a known setting',
  ])
})

test.each([
  ['OTEL_CONFIG_FILE', 'configuration files are not read'],
  ['OTEL_METRIC_EXPORT_INTERVAL', 'metrics are pulled by Prometheus'],
  ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'metrics are pulled by Prometheus'],
  ['OTEL_EXPORTER_OTLP_INSECURE', 'over HTTP the scheme of the URL decides'],
  ['OTEL_METRICS_EXEMPLAR_FILTER', 'no exemplars'],
])('%s has no effect, and the reason is said', (name, reason) => {
  const warnings = checkEnvironmentNames({ [name]: 'x' }, known)

  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatch(new RegExp(`^${name} has no effect: .*${reason}`))
})

test.each([
  ['a known setting', { OTEL_SERVICE_NAME: 'x' }],
  ['an empty variable', { TELLTALE_AUDIT_ENDPONT: '' }],
  ['an undefined variable', { TELLTALE_AUDIT_ENDPONT: undefined }],
  ['a variable of someone else', { PATH: 'x', MY_OTEL_THING: 'x', OTELLO: 'x', telltale_x: 'x' }],
  ['a standard variable that the instrumentations read', { OTEL_SEMCONV_STABILITY_OPT_IN: 'http' }],
  ['a variable that the launcher of the stack reads', { TELLTALE_CACHE_DIRECTORY: '/var/cache' }],
])('%s is passed over', (_title, environment) => {
  expect(checkEnvironmentNames(environment, known)).toEqual([])
})
