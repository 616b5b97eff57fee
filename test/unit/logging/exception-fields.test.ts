import { describe, expect, test } from 'vitest'
import { toExceptionFields } from '../../../src/logging/exception-fields.ts'

class PaymentError extends Error {}

test('an error has its class, its message and its stack', () => {
  const error = new PaymentError('no funds')

  expect(toExceptionFields(error)).toEqual({
    'exception.type': 'PaymentError',
    'exception.message': 'no funds',
    'exception.stacktrace': error.stack,
  })
})

test('causes stand below, each once, also when they lead back', () => {
  const inner = new TypeError('inner')
  const outer = new Error('outer', { cause: inner })
  inner.cause = outer

  const stacktrace = toExceptionFields(outer)['exception.stacktrace']!

  expect(stacktrace).toMatch(/^Error: outer\n {4}at [\s\S]*\nCaused by: TypeError: inner\n {4}at /)
  expect(stacktrace.match(/Caused by/g)).toHaveLength(1)
})

test('an error of many has all its parts, and the message of the first when it has none', () => {
  const error = new AggregateError([new Error('ECONNREFUSED ::1'), 'gave up'])

  const fields = toExceptionFields(error)

  expect(fields).toMatchObject({
    'exception.type': 'AggregateError',
    'exception.message': 'Error: ECONNREFUSED ::1',
  })
  expect(fields['exception.stacktrace']).toMatch(/\nError 1 of 2: Error: ECONNREFUSED ::1\n/)
  expect(fields['exception.stacktrace']).toMatch(/\nError 2 of 2: gave up$/)
})

test.each([
  ['a text', 'boom', 'string', 'boom'],
  ['a number', 42, 'number', '42'],
  ['nothing', null, 'object', 'null'],
  ['a symbol', Symbol('x'), 'symbol', 'Symbol(x)'],
  ['plain data', { code: 7 }, 'object', '{"code":7}'],
])('%s that was thrown has its type and its text', (_what, thrown, type, message) => {
  expect(toExceptionFields(thrown)).toEqual({
    'exception.type': type,
    'exception.message': message,
  })
})

test('what is like an error counts as one', () => {
  expect(toExceptionFields({ name: 'ForeignError', message: 'from elsewhere' })).toEqual({
    'exception.type': 'ForeignError',
    'exception.message': 'from elsewhere',
  })
})

describe('what is hostile', () => {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const throwing = Object.defineProperty(new Error('x'), 'stack', {
    get() {
      throw new Error('not for you')
    },
  })
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic

  test.each([
    { what: 'a revoked proxy', thrown: () => revoked.proxy },
    { what: 'an error whose stack throws', thrown: () => throwing },
    { what: 'an object without prototype', thrown: (): unknown => Object.create(null) },
    { what: 'an object within itself', thrown: () => cyclic },
  ])('$what is described without throwing', ({ thrown }) => {
    expect(toExceptionFields(thrown())).toMatchObject({ 'exception.type': expect.any(String) })
  })

  test('a thousand causes and a long message are cut', () => {
    let error = new Error('bottom')
    for (let depth = 0; depth < 1_000; depth += 1)
      error = new Error('x'.repeat(9_000), { cause: error })

    const fields = toExceptionFields(error)

    expect(fields['exception.message'].length).toBeLessThan(5_000)
    expect(fields['exception.stacktrace']!.length).toBeLessThan(20_000)
  })
})
