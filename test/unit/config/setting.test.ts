import { describe, expect, test } from 'vitest'
import {
  flag,
  httpUrl,
  keyValues,
  list,
  oneOf,
  optional,
  text,
  wholeNumber,
  type Setting,
} from '../../../src/config/setting.ts'

/** What a setting makes of the text of a variable: a value, or nothing when it is refused. */
function read(setting: Setting<unknown>, given: string): { value: unknown } | 'refused' {
  const value = setting.parse(given)
  return setting.accepts(value) ? { value } : 'refused'
}

describe('a whole number', () => {
  const setting = wholeNumber({ default: 5, min: 1, max: 10 })

  test.each([
    ['7', 7],
    ['+7', 7],
    ['007', 7],
    ['1', 1],
    ['10', 10],
  ])('%j is read as %d', (given, value) => {
    expect(read(setting, given)).toEqual({ value })
  })

  test.each(['0', '11', '-1', '1.5', '1e1', '0x5', '5s', 'five', '1_0', '９', 'NaN', 'Infinity'])(
    '%j is refused',
    (given) => {
      expect(read(setting, given)).toBe('refused')
    },
  )

  test.each([7.5, Number.NaN, Number.POSITIVE_INFINITY, '7', 7n, null, true, [7]])(
    'the value %s from code is refused',
    (value) => {
      expect(setting.accepts(value)).toBe(false)
    },
  )

  test('digits beyond what a number holds exactly are refused', () => {
    expect(read(wholeNumber({ default: 0, min: 0 }), '9007199254740993')).toBe('refused')
  })

  test('the rule names both bounds, or only the lower one', () => {
    expect(setting.rule).toBe('a whole number from 1 to 10')
    expect(wholeNumber({ default: 0, min: 0 }).rule).toBe('a whole number of at least 0')
  })
})

describe('a flag', () => {
  const setting = flag({ default: false })

  test.each([
    ['true', true],
    ['TRUE', true],
    ['False', false],
  ])('%j is read as %s', (given, value) => {
    expect(read(setting, given)).toEqual({ value })
  })

  test.each(['1', '0', 'yes', 'on', 'truee'])('%j is refused', (given) => {
    expect(read(setting, given)).toBe('refused')
  })

  test.each([1, 'true', null])('the value %j from code is refused', (value) => {
    expect(setting.accepts(value)).toBe(false)
  })
})

describe('one of several words', () => {
  const setting = oneOf(['gzip', 'none'], { default: 'none' })

  test('a listed word is read in any case', () => {
    expect(read(setting, 'GZip')).toEqual({ value: 'gzip' })
  })

  test.each(['zstd', 'gzip,none', 'gzip none'])('%j is refused', (given) => {
    expect(read(setting, given)).toBe('refused')
  })

  test('the rule lists the words', () => {
    expect(setting.rule).toBe('one of gzip, none')
  })
})

describe('a list', () => {
  const anything = list({ default: [] })
  const known = list({ default: [], words: ['otlp', 'console', 'none'] })

  test.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b ,', ['a', 'b']],
  ])('%j is read as %j', (given, value) => {
    expect(read(anything, given)).toEqual({ value })
  })

  test('commas alone are refused: an empty list would turn off what nobody meant to', () => {
    expect(read(anything, ',')).toBe('refused')
  })

  test('a list of listed words refuses any other', () => {
    expect(read(known, 'otlp,console')).toEqual({ value: ['otlp', 'console'] })
    expect(read(known, 'otlp,jaeger')).toBe('refused')
    expect(known.rule).toBe('a list of otlp, console, none')
  })

  test.each(['otlp', [1], {}, null])('the value %j from code is refused', (value) => {
    expect(anything.accepts(value)).toBe(false)
  })
})

describe('a URL', () => {
  const setting = httpUrl({ default: undefined })

  test.each(['http://localhost:4318', 'https://collector.example/base', 'http://[::1]:4318/'])(
    '%j is accepted',
    (given) => {
      expect(read(setting, given)).toEqual({ value: given })
    },
  )

  test.each(['nonsense', 'localhost:4318', 'ftp://host/', 'grpc://host:4317', 'http://', '//host'])(
    '%j is refused',
    (given) => {
      expect(read(setting, given)).toBe('refused')
    },
  )
})

describe('pairs', () => {
  const setting = keyValues({ default: {} })

  test.each([
    ['a=1', { a: '1' }],
    ['a=1,b=2', { a: '1', b: '2' }],
    [' a = 1 , b=2,', { a: '1', b: '2' }],
    ['a=', { a: '' }],
    ['token=abc==', { token: 'abc==' }],
    ['a=x%2Cy%20z', { a: 'x,y z' }],
    ['a%2Eb=1', { 'a.b': '1' }],
    ['a=1,a=2', { a: '2' }],
    ['__proto__=1', JSON.parse('{"__proto__":"1"}')],
  ])('%j is read as %j', (given, value) => {
    const result = read(setting, given) as { value: object }

    expect(Object.entries(result.value)).toEqual(Object.entries(value))
  })

  test.each(['novalue', '=1', 'a=1,b', 'a=%', 'a=%zz'])('%j is refused', (given) => {
    expect(read(setting, given)).toBe('refused')
  })

  test.each([{ a: 1 }, 'a=1', null, ['a']])('the value %j from code is refused', (value) => {
    expect(setting.accepts(value)).toBe(false)
  })
})

describe('a text', () => {
  test('anything but nothing is accepted', () => {
    const setting = text({ default: 'x' })

    expect(read(setting, 'a b')).toEqual({ value: 'a b' })
    expect(read(setting, '')).toBe('refused')
    expect(setting.accepts(5)).toBe(false)
  })

  test('a rule of its own narrows it', () => {
    const setting = text({ default: 'a', rule: 'a or b', accepts: (value) => /^[ab]$/.test(value) })

    expect(read(setting, 'b')).toEqual({ value: 'b' })
    expect(read(setting, 'c')).toBe('refused')
    expect(setting.rule).toBe('a or b')
  })
})

test('an optional setting is the same without its default', () => {
  const setting = wholeNumber({ env: 'A', default: 5, min: 1 })

  expect(optional(setting)).toEqual({ ...setting, default: undefined })
})

test.each([
  [undefined, []],
  ['A', ['A']],
  [
    ['A', 'B'],
    ['A', 'B'],
  ],
])('the variables of a setting given as %j are %j', (env, expected) => {
  const setting = flag({ default: true, ...(env !== undefined && { env }) })

  expect(setting.env).toEqual(expected)
})
