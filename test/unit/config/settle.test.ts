import { describe, expect, test } from 'vitest'
import { flag, list, text, wholeNumber } from '../../../src/config/setting.ts'
import { settle, unknownKeys, type Environment } from '../../../src/config/settle.ts'

const table = {
  delayMillis: wholeNumber({ env: 'X_DELAY_MILLIS', default: 5_000, min: 1 }),
  limit: wholeNumber({ env: ['X_OWN_LIMIT', 'X_LIMIT'], default: Infinity, min: 0 }),
  enabled: flag({ env: 'X_ENABLED', default: true }),
  names: list<readonly string[] | undefined>({ env: 'X_NAMES', default: undefined }),
  token: text<string | undefined>({ env: 'X_TOKEN', default: undefined, secret: true }),
  onlyInCode: text<string>({ default: 'here' }),
}

function settled(options: object | undefined, environment: Environment = {}) {
  const findings = { problems: [] as string[], warnings: [] as string[] }
  return { values: settle('x.', table, options, environment, findings), ...findings }
}

describe('precedence', () => {
  test.each([
    ['code wins over environment', { delayMillis: 1 }, { X_DELAY_MILLIS: '2' }, 1],
    ['environment wins over default', {}, { X_DELAY_MILLIS: '2' }, 2],
    ['the default is the last resort', undefined, {}, 5_000],
    ['undefined in code is unset', { delayMillis: undefined }, { X_DELAY_MILLIS: '2' }, 2],
    ['an empty variable is unset', {}, { X_DELAY_MILLIS: '' }, 5_000],
    ['a variable of spaces is unset', {}, { X_DELAY_MILLIS: '  ' }, 5_000],
    ['spaces around a value do not count', {}, { X_DELAY_MILLIS: ' 2 ' }, 2],
  ])('%s', (_title, options, environment, expected) => {
    const { values, problems, warnings } = settled(options, environment)

    expect(values.delayMillis).toBe(expected)
    expect([...problems, ...warnings]).toEqual([])
  })

  test('of several variables the first that is present counts', () => {
    expect(settled({}, { X_OWN_LIMIT: '1', X_LIMIT: '2' }).values.limit).toBe(1)
    expect(settled({}, { X_OWN_LIMIT: '', X_LIMIT: '2' }).values.limit).toBe(2)
  })

  test('a setting without a variable is not read from the environment', () => {
    expect(settled({}, { onlyInCode: 'x', undefined: 'x' }).values.onlyInCode).toBe('here')
  })

  test('settled options are frozen', () => {
    expect(Object.isFrozen(settled({}).values)).toBe(true)
  })
})

describe('what cannot be used', () => {
  test('a bad variable is a warning with variable, rule, value and the default that is used', () => {
    const { values, problems, warnings } = settled({}, { X_DELAY_MILLIS: 'soon' })

    expect(values.delayMillis).toBe(5_000)
    expect(problems).toEqual([])
    expect(warnings).toEqual([
      'X_DELAY_MILLIS ("x.delayMillis") must be a whole number of at least 1; got "soon"; using 5000',
    ])
  })

  test('a bad variable of a setting without default is ignored', () => {
    const findings = { problems: [] as string[], warnings: [] as string[] }
    const { word } = settle(
      '',
      { word: text<string | undefined>({ env: 'W', default: undefined, accepts: () => false }) },
      {},
      { W: 'x' },
      findings,
    )

    expect(word).toBeUndefined()
    expect(findings.warnings).toEqual([
      'W ("word") must be a text that is not empty; got "x"; ignored',
    ])
  })

  test('a bad value in code is a problem with option, rule and value, and every one is listed', () => {
    const { problems, warnings } = settled({ delayMillis: 0, enabled: 'yes', names: 'http' })

    expect(warnings).toEqual([])
    expect(problems).toEqual([
      '"x.delayMillis" must be a whole number of at least 1; got 0',
      '"x.enabled" must be true or false; got "yes"',
      '"x.names" must be a list of names; got "http"',
    ])
  })

  test.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [5n, '5'],
    [null, 'null'],
    [{ a: 1 }, '{"a":1}'],
    ['5', '"5"'],
  ])('the value %s in code is shown as %s', (value, shown) => {
    const { problems } = settled({ delayMillis: value })

    expect(problems).toEqual([`"x.delayMillis" must be a whole number of at least 1; got ${shown}`])
  })

  test('a bad first variable falls back to the next, and the warning says so', () => {
    const { values, warnings } = settled({}, { X_OWN_LIMIT: 'many', X_LIMIT: '64' })

    expect(values.limit).toBe(64)
    expect(warnings).toEqual([
      'X_OWN_LIMIT ("x.limit") must be a whole number of at least 0; got "many"; using 64',
    ])
  })

  test('a default without bound is shown as it is', () => {
    expect(settled({}, { X_LIMIT: 'many' }).warnings).toEqual([
      'X_LIMIT ("x.limit") must be a whole number of at least 0; got "many"; using Infinity',
    ])
  })

  test('a secret is never shown, neither from code nor from the environment', () => {
    const secret = 'sesame-open'
    const tight = {
      token: text<string>({ env: 'X_TOKEN', default: 'other', secret: true, accepts: () => false }),
    }
    const findings = { problems: [] as string[], warnings: [] as string[] }

    settle('x.', tight, { token: secret }, {}, findings)
    settle('x.', tight, {}, { X_TOKEN: secret }, findings)

    const said = [...findings.problems, ...findings.warnings]
    expect(said).toEqual([
      '"x.token" must be a text that is not empty; got [hidden]',
      'X_TOKEN ("x.token") must be a text that is not empty; got [hidden]; using [hidden]',
    ])
  })
})

describe('unknown options', () => {
  test('an unknown option is a problem that names the nearest known one', () => {
    expect(settled({ delayMilis: 1 }).problems).toEqual([
      '"x.delayMilis" is not an option; did you mean "x.delayMillis"?',
    ])
  })

  test('an option like none of the known ones is named without a guess', () => {
    expect(unknownKeys('x.', ['colour'], Object.keys(table))).toEqual([
      '"x.colour" is not an option',
    ])
  })

  test('names that every object has are no options', () => {
    expect(unknownKeys('x.', ['constructor', 'toString'], ['limit'])).toHaveLength(2)
  })
})
