import { describe, expect, test } from 'vitest'
import {
  AuditError,
  ConfigError,
  MEANINGS,
  TelltaleError,
  toReason,
} from '../../../src/core/errors.ts'

test('an error carries its code, its class name and its cause', () => {
  const cause = new Error('below')
  const error = new AuditError('TELLTALE_AUDIT_REFUSED', 'refused', { cause })

  expect(error).toBeInstanceOf(TelltaleError)
  expect(error).toMatchObject({
    name: 'AuditError',
    code: 'TELLTALE_AUDIT_REFUSED',
    message: 'refused',
    cause,
  })
})

test('a configuration error lists every problem', () => {
  const error = new ConfigError(['first', 'second'])

  expect(error).toMatchObject({
    name: 'ConfigError',
    code: 'TELLTALE_CONFIG_INVALID',
    message: 'first\nsecond',
    problems: ['first', 'second'],
  })
})

test.each(Object.entries(MEANINGS))('the meaning of %s is a sentence', (code, meaning) => {
  expect(code).toMatch(/^TELLTALE_[A-Z]+(_[A-Z]+)+$/)
  expect(meaning).toMatch(/^\S.*\.$/)
})

describe('a reason', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4318'), {
    code: 'ECONNREFUSED',
  })

  test.each([
    ['the message of an error', new Error('broken'), 'broken'],
    ['the class of an error without message', new RangeError(), 'RangeError'],
    ['the message alone when the code is in it', refused, 'connect ECONNREFUSED 127.0.0.1:4318'],
    [
      'the code when the message lacks it',
      Object.assign(new Error('gone'), { code: 'EPIPE' }),
      'EPIPE: gone',
    ],
    ['not a number as a code', Object.assign(new Error('Not Found'), { code: 404 }), 'Not Found'],
    [
      'the first of several errors',
      new AggregateError([refused, new Error('other')]),
      'connect ECONNREFUSED 127.0.0.1:4318',
    ],
    ['the message of several errors that are none', new AggregateError([], 'all'), 'all'],
    ['the text of what is no error', 'broken', 'broken'],
    ['the text of nothing', undefined, 'undefined'],
  ])('is %s', (_title, thrown, expected) => {
    expect(toReason(thrown)).toBe(expected)
  })
})

describe('what cannot be read', () => {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const itself = new AggregateError([], 'of itself')
  itself.errors.push(itself)

  test.each([
    ['an object without a text', Object.create(null)],
    ['a revoked proxy', revoked.proxy],
    ['an error whose message throws', withThrowingMessage()],
  ])('has a reason all the same: %s', (_what, thrown) => {
    expect(toReason(thrown)).toBe('what was thrown cannot be read')
  })

  test('nor does an error that is a part of itself take forever', () => {
    expect(toReason(itself)).toBe('of itself')
    expect(toReason(Symbol('s'))).toBe('Symbol(s)')
  })
})

function withThrowingMessage(): Error {
  return Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('not for you')
    },
  })
}
