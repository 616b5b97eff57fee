import { describe, expect, test } from 'vitest'
import { toExceptionFields } from '../../../src/logging/exception-fields.ts'
import { createRepeatedErrors } from '../../../src/sentry/repeated-errors.ts'
import { type ErrorRecord, isReportable, toSentryEvent } from '../../../src/sentry/sentry-event.ts'

const record: ErrorRecord = {
  hrTime: [1_750_602_600, 250_000_000],
  severityNumber: 17,
  body: 'the payment failed',
  attributes: {
    'exception.type': 'PaymentError',
    'exception.message': 'refused',
    'exception.stacktrace': 'PaymentError: refused\n    at pay (file:///srv/pay.js:1:2)',
    component: 'orders',
    tenant_id: 'tenant-1',
    order_id: 'o-1',
  },
  spanContext: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
}
const origin = { release: 'shop@1.2.3', environment: 'production', serverName: 'web-1' }
const parse = (stack: string): object[] => [{ filename: stack.split('\n')[1]?.trim() }]

test('an error becomes an event with all that is known of it', () => {
  const event = toSentryEvent(record, origin, parse)

  expect(event).toEqual({
    event_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    timestamp: 1_750_602_600.25,
    platform: 'node',
    level: 'error',
    logger: 'orders',
    message: 'the payment failed',
    release: 'shop@1.2.3',
    environment: 'production',
    server_name: 'web-1',
    exception: {
      values: [
        {
          type: 'PaymentError',
          value: 'refused',
          stacktrace: { frames: [{ filename: 'at pay (file:///srv/pay.js:1:2)' }] },
        },
      ],
    },
    contexts: { trace: { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) } },
    tags: { component: 'orders', tenant_id: 'tenant-1' },
    extra: { order_id: 'o-1' },
  })
})

const parseFrames = (stack: string): object[] =>
  [...stack.matchAll(/at (\w+) /g)].map(([, name]) => ({ name }))
const frame = (name: string): string => `    at ${name} (file:///srv/${name}.js:1:2)`

const valuesOf = (error: unknown) => {
  const attributes = { ...toExceptionFields(error) }
  return toSentryEvent({ hrTime: [0, 0], attributes }, origin, parseFrames)['exception'] as {
    values: { type: string; value: string; stacktrace?: { frames: string[] } }[]
  }
}
const make = (type: string, message: string, name: string, options?: ErrorOptions): Error =>
  Object.assign(new Error(message, options), {
    name: type,
    stack: `${type}: ${message}\n${frame(name)}`,
  })

describe('what belongs to an error', () => {
  test('is an error of its own with its own stack: what was thrown last, its causes before it', () => {
    const cause = make('PoolError', 'no connection', 'connect', {
      cause: make('Error [ERR_X]', 'refused\nby the host', 'socket'),
    })

    expect(valuesOf(make('PaymentError', 'not paid', 'pay', { cause })).values).toEqual([
      {
        type: 'Error',
        value: 'refused\nby the host',
        stacktrace: { frames: [{ name: 'socket' }] },
      },
      { type: 'PoolError', value: 'no connection', stacktrace: { frames: [{ name: 'connect' }] } },
      { type: 'PaymentError', value: 'not paid', stacktrace: { frames: [{ name: 'pay' }] } },
    ])
  })

  test('is each part of an AggregateError', () => {
    const parts = [make('Error', 'by IPv4', 'four'), make('TypeError', 'by IPv6', 'six')]
    const thrown = Object.assign(new AggregateError(parts, 'not connected'), {
      stack: `AggregateError: not connected\n${frame('connect')}`,
    })

    expect(valuesOf(thrown).values.map(({ type, value }) => [type, value])).toEqual([
      ['TypeError', 'by IPv6'],
      ['Error', 'by IPv4'],
      ['AggregateError', 'not connected'],
    ])
  })

  test('may be no error at all', () => {
    expect(
      valuesOf(make('PaymentError', 'not paid', 'pay', { cause: 'timeout' })).values[0],
    ).toEqual({ type: 'Error', value: 'timeout' })
  })
})

test('what nobody knows is left out', () => {
  const bare = { hrTime: record.hrTime, attributes: { 'exception.type': 'Error' } }
  const event = toSentryEvent(
    bare,
    { release: undefined, environment: undefined, serverName: undefined },
    parse,
  )

  expect(event).toMatchObject({ exception: { values: [{ type: 'Error', value: '' }] } })
  for (const key of ['release', 'environment', 'server_name', 'message', 'logger']) {
    expect(event).not.toHaveProperty(key)
  }
})

test.each([
  ['an error that was thrown', true, 17, { 'exception.type': 'Error' }],
  ['a fatal one', true, 21, { 'exception.type': 'Error' }],
  ['a warning with an exception', false, 13, { 'exception.type': 'Error' }],
  ['an error of words alone', false, 17, {}],
])('%s is reported: %s', (_what, expected, severityNumber, attributes) => {
  expect(isReportable({ hrTime: [0, 0], severityNumber, attributes })).toBe(expected)
})

test('the same error of the same trace is repeated; without a trace, or in another one, it is not', () => {
  const isRepeated = createRepeatedErrors()

  expect(isRepeated('t1', 'Error: x\n at a')).toBe(false)
  expect(isRepeated('t1', 'Error: x\n at a')).toBe(true)
  expect(isRepeated('t1', 'Error: y\n at a')).toBe(false)
  expect(isRepeated('t2', 'Error: x\n at a')).toBe(false)
  expect(isRepeated(undefined, 'Error: x\n at a')).toBe(false)
  expect(isRepeated(undefined, 'Error: x\n at a')).toBe(false)
})

test('only the newest are remembered', () => {
  const isRepeated = createRepeatedErrors()
  isRepeated('first', 'Error')
  for (let index = 0; index < 200; index += 1) isRepeated(`t${index}`, 'Error')

  expect(isRepeated('t199', 'Error')).toBe(true)
  expect(isRepeated('first', 'Error')).toBe(false)
})
