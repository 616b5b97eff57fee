import { array, assert, constantFrom, nat, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedaction, SECRET_ENDINGS, SECRET_NAMES } from '../../../src/core/redaction.ts'
import { toSecretEndings } from '../../../src/core/secret-endings.ts'
import { isPlainText, scanForSecrets } from '../../../src/core/secret-scan.ts'
import { SECRET_SHAPES } from '../../../src/core/secret-shapes.ts'
import { HARMLESS_TEXTS, SECRET_TEXTS } from '../../support/secrets/corpus.ts'
import { HOSTILE_PIECES } from '../../support/secrets/hostile-pieces.ts'

/** The rules as they are, and with names of an application: one with a digit in it, and short ones. */
const RULES = [[], ['k8s', 'id', 'pin2']].map((more) => ({
  endings: toSecretEndings([...SECRET_NAMES, ...more, ...SECRET_ENDINGS]),
  isSecret: createRedaction(more).isSecret,
}))

const CORPUS = [...SECRET_TEXTS.map(({ text }) => text), ...HARMLESS_TEXTS, ...HOSTILE_PIECES]

/** The shapes that would replace something in a text although the scan has said that there is none. */
function missed(text: string): string[] {
  return RULES.flatMap(({ endings, isSecret }) => {
    const found = scanForSecrets(text, endings)
    return SECRET_SHAPES.filter(
      ({ bit, about, replace }) =>
        (found & bit) === 0 && isLookedFor(about, text) && replace(text, isSecret) !== text,
    ).map(({ about }) => about)
  })
}

/** Members with the name `d` or `k` are secret only in what says that it is a key. */
function isLookedFor(about: string, text: string): boolean {
  return about !== 'the private parts of JSON Web Keys' || text.includes('kty')
}

/** The same in a long text too, which is looked through in another way. */
function missedAnywhere(text: string): string[] {
  return [text, `${text}\n${'then '.repeat(40)}`].flatMap(missed)
}

describe('the scan misses nothing that a shape finds when it is applied to every text', () => {
  test.each(CORPUS)('%j, cut at every place', (text) => {
    for (let at = 0; at <= text.length; at += 1) {
      const [start, end] = [text.slice(0, at), text.slice(at)]
      expect([start, end, `${start}-${end}`].flatMap(missedAnywhere), `at ${at}`).toEqual([])
    }
  })

  const NAMES = [...SECRET_NAMES, ...SECRET_ENDINGS, 'k8s', 'a.id', 'pin2', 'p_w_d', 'api-Key_3']
  const SIGNS = [
    '=',
    ':',
    ' = ',
    '": "',
    "' => '",
    '\\\\\\\\"\']   =',
    '%5D=',
    '.0=',
    '_1: ',
    '=//',
    '\u2003:\t',
  ]

  test('every name of a secret, before every sign', () => {
    const texts = NAMES.flatMap((name) =>
      SIGNS.map((sign) => `${name.toUpperCase()}${sign}swordf1sh`),
    )

    expect(texts.filter((text) => missedAnywhere(text).length > 0)).toEqual([])
  })

  const piece = tuple(constantFrom(...CORPUS, ...NAMES, ...SIGNS), nat(1_000), nat(1_000)).map(
    ([text, from, to]) => {
      const [start, end] = [from % (text.length + 1), to % (text.length + 1)]
      return start < end ? text.slice(start, end) : text
    },
  )
  const alphabet = string({
    unit: constantFrom(...new Set(`${CORPUS.join('')}\u2003\u2011\u00df\u{1f600}`)),
    maxLength: 60,
  })
  const text = array(oneof({ weight: 4, arbitrary: piece }, alphabet), { maxLength: 40 }).map(
    (parts) => parts.join('').slice(0, 2_000),
  )

  test('texts of pieces of secrets', () => {
    assert(
      property(text, (each) => {
        expect(missedAnywhere(each)).toEqual([])
      }),
      { numRuns: 3_000, seed: 4_711 },
    )
  })

  test('a text that is called plain has no secrets, and JSON has it as it is', () => {
    const redaction = createRedaction()
    const { endings } = RULES[0]!
    const isAsItWas = (each: string): boolean =>
      redaction.text(each) === each && JSON.stringify(each) === `"${each}"` && each.isWellFormed()
    expect(isPlainText('user-000000017', endings)).toBe(true)
    assert(
      property(text, (each) => {
        expect(isAsItWas(each) || !isPlainText(each, endings)).toBe(true)
      }),
      { numRuns: 3_000, seed: 4_711 },
    )
  })
})

test('texts as records have them are not searched at all', () => {
  const harmless = `
    user-000000017 submission-000000017 203.0.113.42 2001:db8::1 acme 12.5000000 XLM success quiz_submission
    0193b0a2-7c1e-7a4f-8b21-1a2b3c4d5e6f 2026-11-22T00:18:40.123Z ann@example.com https://app.example.com/quizzes/17
    GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2H
    4f1c0f3a9be27d5518ac6b0e4d91c7a3f0b2d86e5c4a1977e3d02b6a1c0e5d72
  `
    .trim()
    .split(/\s+/)
  const { endings } = RULES[0]!

  expect(harmless.filter((each) => scanForSecrets(each, endings) !== 0)).toEqual([
    // What stands behind `://` may be a user and a password.
    'https://app.example.com/quizzes/17',
  ])
})
