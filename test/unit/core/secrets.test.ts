import { array, assert, constantFrom, oneof, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedaction, redactMember, redactValue } from '../../../src/core/redaction.ts'
import { isCardNumber } from '../../../src/core/secret-cards.ts'
import { HARMLESS_TEXTS, SECRET_MEMBERS, SECRET_TEXTS } from '../../support/secrets/corpus.ts'
import { HOSTILE_PIECES } from '../../support/secrets/hostile-pieces.ts'

const redaction = createRedaction()

describe('a secret is found', () => {
  test.each(SECRET_TEXTS)('$what', ({ text, secret }) => {
    const clean = redaction.text(text)

    expect(text).toContain(secret)
    expect(clean).not.toContain(secret)
    expect(clean).toContain('[redacted]')
    expect(redaction.text(clean)).toBe(clean)
  })

  test.each(SECRET_TEXTS)('$what, in the middle of a long text', ({ text, secret }) => {
    const around = 'The claim of user 17 was accepted after 2 tries. '.repeat(20)

    expect(redaction.text(`${around}\n${text}\n${around}`)).not.toContain(secret)
  })

  test.each(SECRET_TEXTS)('$what, as the name of a member', ({ text, secret }) => {
    expect(JSON.stringify(redactValue({ list: [{ [text]: 1 }] }, redaction))).not.toContain(secret)
  })

  test.each(SECRET_MEMBERS)('under the name $name', ({ name, secret }) => {
    expect(redactMember(name, secret, redaction)).toBe('[redacted]')
    expect(redactValue([{ deep: { [name]: { more: secret } } }], redaction)).toEqual([
      { deep: { [name]: '[redacted]' } },
    ])
  })

  test.each([
    [
      'in a list of pairs',
      [
        ['accept', 'x'],
        ['X-Api-Key', 'swordfish'],
      ],
      [
        ['accept', 'x'],
        ['X-Api-Key', '[redacted]'],
      ],
    ],
    [
      'beside its name',
      { name: 'Authorization', value: 'swordfish' },
      { name: 'Authorization', value: '[redacted]' },
    ],
    [
      'in headers as Node.js gives them',
      { rawHeaders: ['Host', 'h', 'Cookie', 'swordfish'] },
      { rawHeaders: ['Host', 'h', 'Cookie', '[redacted]'] },
    ],
    [
      'in a JSON Web Key',
      { kty: 'EC', x: 'open', d: 'swordfish' },
      { kty: 'EC', x: 'open', d: '[redacted]' },
    ],
    [
      'beside a user',
      { smtp: { user: 'ann', pass: 'swordfish' } },
      { smtp: { user: 'ann', pass: '[redacted]' } },
    ],
    [
      'in the lines of a private key',
      ['-----BEGIN PRIVATE KEY-----', 'swordfish', '-----END PRIVATE KEY-----', 'then'],
      ['[redacted]', '[redacted]', '[redacted]', 'then'],
    ],
    [
      'in the arguments of a command',
      { spawnargs: ['--host', 'db', '--password', 'swordfish', '--no-password', 'app'] },
      { spawnargs: ['--host', 'db', '--password', '[redacted]', '--no-password', 'app'] },
    ],
    [
      'in a command of Redis that failed',
      { command: { name: 'auth', args: ['default', 'swordfish'] } },
      { command: { name: 'auth', args: '[redacted]' } },
    ],
    ['in bytes', { body: Buffer.from('password=swordfish') }, { body: '[redacted]' }],
  ])('%s', (_what, value, expected) => {
    expect(redactValue(value, redaction)).toEqual(expected)
  })

  test.each([
    {
      pairs: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    },
    { fields: ['password', 'email'] },
    { pass: 3, fail: 0 },
    { name: 'get', args: ['key'] },
    { argv: ['--password', '--user', 'ann', '-', 'x'] },
    { name: 'count', value: 5, key: 'k' },
    { d: 1, k: 'x' },
    { certificate: ['-----BEGIN CERTIFICATE-----', 'MIIB', '-----END CERTIFICATE-----'] },
    { bytes: Buffer.from('nothing') },
  ])('not in %j', (value) => {
    expect(redactValue(value, redaction)).toBe(value)
  })

  test('that is a card number kept as a number', () => {
    expect(redactValue({ card: 4_111_111_111_111_111, at: 1_763_748_000_000 }, redaction)).toEqual({
      card: '[redacted]',
      at: 1_763_748_000_000,
    })
  })
})

test.each(HARMLESS_TEXTS)('what is no secret stays as it is: %s', (text) => {
  expect(redaction.text(text)).toBe(text)
})

test('the host of a URL stays, and so does what stands around a secret', () => {
  expect(
    redaction.text('to postgres://app:pw@db:5432/app, then https://x.example/?token=a&b=1'),
  ).toBe('to postgres://app:[redacted]@db:5432/app, then https://x.example/?token=[redacted]&b=1')
  expect(redaction.text('{"user":"ann","password":"x","ok":true}')).toBe(
    '{"user":"ann","password":"[redacted]","ok":true}',
  )
})

test('of numbers that look like cards, one in ten has the right check digit', () => {
  const wrong = Array.from({ length: 10 }, (_, digit) => `411111111111111${digit}`)

  expect(wrong.filter(isCardNumber)).toEqual(['4111111111111111'])
})

test('a secret is found whatever stands before and behind it', () => {
  const piece = oneof(
    constantFrom(...SECRET_TEXTS),
    constantFrom(...HARMLESS_TEXTS.map((text) => ({ text, secret: 'of nobody' }))),
  )

  assert(
    property(array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      const clean = redaction.text(pieces.map(({ text }) => text).join('\n'))
      expect(pieces.filter(({ secret }) => clean.includes(secret))).toEqual([])
    }),
    { numRuns: 2_000, seed: 4_711 },
  )
})

describe('a hostile text is searched in time that grows with its length', () => {
  test.each(HOSTILE_PIECES)('%j', (piece) => {
    const time = (length: number): number => {
      const text = piece.repeat(Math.ceil(length / piece.length))
      const tail = `${text} password=${text}`
      const before = process.cpuUsage()
      redaction.text(text)
      redaction.text(tail)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    time(20_000)

    // Eight times as much: 8 times as long when it grows with the length, 64 times when it grows with its square.
    const small = Math.max(time(50_000), 2_000)
    const large = Math.min(time(400_000), time(400_000))
    expect(large / small).toBeLessThan(32)
  })
})
