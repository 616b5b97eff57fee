import { describe, expect, test } from 'vitest'
import { settle, type Environment } from '../../../src/config/settle.ts'
import { otlpSettings, type OtlpOptions } from '../../../src/otlp/options.ts'
import { readTls, resolveTarget, toShownUrl, type OtlpTarget } from '../../../src/otlp/target.ts'

function settled(options: OtlpOptions, environment: Environment = {}) {
  return settle('otlp.', otlpSettings, options, environment, { problems: [], warnings: [] })
}

function target(
  signal: 'traces' | 'logs',
  options: OtlpOptions,
  environment: Environment = {},
): OtlpTarget {
  const warnings: string[] = []
  const resolved = resolveTarget(settled(options, environment), signal, warnings)
  expect(warnings).toEqual([])
  return resolved
}

test('without settings a signal goes to the Collector on this machine', () => {
  expect(target('traces', {})).toEqual({
    url: 'http://localhost:4318/v1/traces',
    headers: {},
    protocol: 'http/json',
    timeoutMillis: 10_000,
    compression: 'none',
    tls: {},
  })
  expect(target('logs', {}).url).toBe('http://localhost:4318/v1/logs')
})

describe('the URL', () => {
  test.each([
    ['http://collector:4318', 'http://collector:4318/v1/traces'],
    ['http://collector:4318/', 'http://collector:4318/v1/traces'],
    ['https://vendor.example/otlp', 'https://vendor.example/otlp/v1/traces'],
    ['https://vendor.example/otlp//', 'https://vendor.example/otlp/v1/traces'],
  ])('of the base %s is %s', (endpoint, url) => {
    expect(target('traces', { endpoint }).url).toBe(url)
  })

  test.each(['http://jaeger:4318/', 'http://jaeger:4318/v1/traces', 'http://jaeger:4318/own'])(
    'of a signal, %s, is used as it is',
    (tracesEndpoint) => {
      const options = { endpoint: 'http://collector:4318', tracesEndpoint }

      expect(target('traces', options).url).toBe(tracesEndpoint)
      expect(target('logs', options).url).toBe('http://collector:4318/v1/logs')
    },
  )
})

describe('what is set for the signal', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '2000',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
  }

  test('wins over what is set for all', () => {
    expect(target('logs', {}, environment)).toMatchObject({
      protocol: 'http/protobuf',
      timeoutMillis: 2_000,
      compression: 'none',
    })
  })

  test('leaves the other signal alone', () => {
    expect(target('traces', {}, environment)).toMatchObject({
      protocol: 'http/json',
      timeoutMillis: 1_000,
      compression: 'gzip',
    })
  })
})

test('headers of the signal are added to those for all, and win', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=shared,team=blue',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=own,extra=a%20b',
  }

  expect(target('traces', {}, environment).headers).toEqual({
    'api-key': 'own',
    team: 'blue',
    extra: 'a b',
  })
  expect(target('logs', {}, environment).headers).toEqual({ 'api-key': 'shared', team: 'blue' })
})

test('an endpoint is shown without its credentials', () => {
  expect(toShownUrl('https://user:secret@collector.example/v1/logs?key=secret')).toBe(
    'https://collector.example/v1/logs',
  )
})

test('headers given in code are added to those of the environment, and win', () => {
  expect(
    target(
      'traces',
      { headers: { 'x-both': 'code' } },
      { OTEL_EXPORTER_OTLP_HEADERS: 'x-both=environment,x-environment=1' },
    ).headers,
  ).toEqual({ 'x-both': 'code', 'x-environment': '1' })
})

describe('TLS files', () => {
  test('are read', () => {
    const warnings: string[] = []
    const tls = readTls(settled({ certificateFile: import.meta.filename }), warnings)

    expect(tls.ca?.toString('utf8')).toContain('TLS files')
    expect(tls).not.toHaveProperty('key')
    expect(warnings).toEqual([])
  })

  test('that cannot be read are one warning each, however many signals want them', () => {
    const settings = settled({
      certificateFile: '/nowhere/ca.pem',
      clientKeyFile: '/nowhere/key.pem',
    })
    const warnings: string[] = []

    const targets = (['traces', 'logs'] as const).map((signal) =>
      resolveTarget(settings, signal, warnings),
    )

    expect(targets.map(({ tls }) => tls)).toEqual([{}, {}])
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toMatch(
      /^the file \/nowhere\/ca\.pem for TLS to the Collector cannot be read: /,
    )
  })
})
