import { anything, assert, constantFrom, property } from 'fast-check'
import { expect, test } from 'vitest'
import { createValueTexts, type ValueTexts } from '../../../src/audit/evidence-text.ts'
import { createRedaction, redactValue, type Redaction } from '../../../src/core/redaction.ts'

const redaction = createRedaction()
const none: Redaction = { isSecret: () => false, text: (text) => text, isPlain: () => false }

function textsUnder(rules: Redaction): ValueTexts {
  return createValueTexts({ maxDepth: 32, strict: true, redaction: rules })
}

test.each([
  [
    'in a list of pairs',
    [
      ['accept', 'open'],
      ['X-Api-Key', 'swordfish'],
    ],
  ],
  ['beside its name', { name: 'Authorization', value: 'swordfish', at: 'open' }],
  ['in headers as Node.js gives them', { rawHeaders: ['Host', 'open', 'Cookie', 'swordfish'] }],
  ['in a JSON Web Key', { kty: 'EC', x: 'open', d: 'swordfish' }],
  ['beside a user', { smtp: { user: 'open', pass: 'swordfish' } }],
  [
    'in the lines of a private key',
    ['-----BEGIN PRIVATE KEY-----', 'swordfish', '-----END PRIVATE KEY-----', 'open'],
  ],
])('details hide what is secret %s', (_what, given) => {
  const text = textsUnder(redaction).list({ given }, 2)

  expect(text).not.toContain('swordfish')
  expect(text).toContain('open')
})

test.each([[[]], [['swordfish', 'swordfish', 'swordfish']]])(
  'a header as Node.js gives them is hidden whole where its value is the list %j',
  (given) => {
    const text = textsUnder(redaction).list({ rawHeaders: ['Host', 'open', 'Cookie', given] }, 2)

    expect(text).not.toContain('swordfish')
    expect(text).toContain('[redacted]')
  },
)

test('details hide bytes with a secret in them', () => {
  const texts = textsUnder(redaction)

  expect(texts.list({ body: Buffer.from('password=swordfish') }, 2)).toContain('[redacted]')
  expect(texts.list({ body: Buffer.from('nothing') }, 2)).toContain('bm90aGluZw==')
})

test('evidence hides exactly what copies of it hide', () => {
  const key = constantFrom(
    'name',
    'key',
    'value',
    'kty',
    'd',
    'user',
    'pass',
    'rawHeaders',
    'password',
  )
  const leaf = constantFrom<unknown>('Authorization', 'Cookie', 'EC', 'x', 5, true, null)
  const value = anything({ key, values: [leaf], maxDepth: 3, maxKeys: 4 }).chain((given) =>
    constantFrom<unknown>(given, [given, 'x'], [['Cookie', given]]),
  )
  const ours = textsUnder(redaction)
  const plain = textsUnder(none)

  assert(
    property(value, (given) => {
      expect(ours.list({ given }, 2)).toBe(
        plain.list(redactValue({ given }, redaction) as object, 2),
      )
    }),
    { numRuns: 2_000 },
  )
})
