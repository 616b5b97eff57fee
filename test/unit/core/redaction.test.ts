import { describe, expect, test } from 'vitest'
import { createRedaction, redactMember, redactValue } from '../../../src/core/redaction.ts'

const redaction = createRedaction(['Nick-Name'])
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

describe('a name', () => {
  const secret = `
    password PASSWORD pass_word passwd secret token access_token accessToken refresh-token idToken Authorization
    proxy-authorization cookie Set-Cookie api_key apiKey APIKEY x-api-key private_key clientSecret credential credentials jwt
    newPassword webhook_secret stripe.api_key http.request.header.authorization http.request.header.x-api-key db.password
    nickname NICK_NAME user.nick_name
  `
  const open = `
    user amount tokens token_count max_tokens password_changed_at secretary cookies_accepted authorized author key public_key
    audit.actor.id idempotency_key http.route tenant_id transaction keyboard authentication
  `

  test.each(secret.trim().split(/\s+/))('%s is a secret’s', (name) => {
    expect(redaction.isSecret(name)).toBe(true)
    // The second answer comes from memory.
    expect(redaction.isSecret(name)).toBe(true)
  })

  test.each(['', ...open.trim().split(/\s+/)])('%s is no secret’s', (name) => {
    expect(redaction.isSecret(name)).toBe(false)
    expect(redaction.isSecret(name)).toBe(false)
  })

  test('is judged right also when there are more than can be remembered', () => {
    const small = createRedaction()
    for (let index = 0; index < 5_000; index += 1) small.isSecret(`name_${index}`)

    expect(small.isSecret('api_key')).toBe(true)
    expect(small.isSecret('amount')).toBe(false)
  })
})

describe('a text', () => {
  test.each([
    [jwt, '[redacted]'],
    [`token=${jwt}; path=/`, 'token=[redacted]; path=/'],
    [`Bearer ${jwt}`, 'Bearer [redacted]'],
    ['Authorization: bearer abc.DEF-123_~+/==', 'Authorization: Bearer [redacted]'],
    [`${jwt} and ${jwt}`, '[redacted] and [redacted]'],
    ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', '[redacted]'],
  ])('loses its tokens: %s', (text, expected) => {
    expect(redaction.text(text)).toBe(expected)
  })

  test.each([
    '',
    'hello',
    'the bearer of bad news.',
    'eyJust.a.word',
    'Standard-bearer',
    'bearer certificate',
    'eyJ',
  ])('without a token stays: %s', (text) => {
    expect(redaction.text(text)).toBe(text)
  })

  test('is searched in time that grows with its length', () => {
    const start = performance.now()
    redaction.text('eyJ'.repeat(200_000))
    redaction.text(`eyJ${'a'.repeat(500_000)}`)
    redaction.text(`Bearer${' '.repeat(500_000)}`)
    redaction.text('Bearer '.repeat(100_000))
    redaction.text('Bearer-a1'.repeat(100_000))
    redaction.text('eyJ-'.repeat(100_000))
    redaction.text('eyJaaaa.'.repeat(100_000))

    // A search whose time grew with the square would take minutes.
    expect(performance.now() - start).toBeLessThan(20_000)
  }, 60_000)
})

describe('a value', () => {
  test('is the same one when it has no secrets', () => {
    const value = { a: [1, { b: 'x' }, null, undefined], c: new Uint8Array([1]), d: 5n }

    expect(redactValue(value, redaction)).toBe(value)
  })

  test('is copied without them, at any depth, and left as it was', () => {
    const value = { list: [{ api_key: { a: 1 } }, `is ${jwt}`], kept: [1], password: null }
    const before = structuredClone(value)

    expect(redactValue(value, redaction)).toEqual({
      list: [{ api_key: '[redacted]' }, 'is [redacted]'],
      kept: [1],
      password: null,
    })
    expect(value).toEqual(before)
  })

  test('under a name of secrets is one, unless there is none', () => {
    expect(redactMember('token', 5, redaction)).toBe('[redacted]')
    expect(redactMember('token', undefined, redaction)).toBeUndefined()
    expect(redactMember('text', `a ${jwt}`, redaction)).toBe('a [redacted]')
  })
})
