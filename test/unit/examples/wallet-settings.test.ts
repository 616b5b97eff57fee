import { expect, test } from 'vitest'
import { readSettings } from '../../../examples/wallet-backend/src/settings.ts'

const complete = {
  DATABASE_URL: 'postgres://localhost/wallet',
  REDIS_URL: 'redis://localhost',
}
const key = { kty: 'OKP', crv: 'Ed25519', x: 'AA', d: 'a-private-part' }

test("what is not set has the team's default", () => {
  expect(readSettings({ ...complete, JWT_KEYS: '' })).toMatchObject({
    JWT_KEYS: {},
    JWT_ROTATION_INTERVAL_MILLIS: 300_000,
    JWT_ROTATION_ALERT_ON_ERROR: true,
    SLACK_ALERTING_ENABLED: false,
    SLACK_MAX_ALERTS_PER_HOUR: 10,
    SLACK_TIMEOUT_SECONDS: 10,
  })
})

test('keys are read, and one of them has to be the one that signs', () => {
  const JWT_KEYS = JSON.stringify({ old: key, new: key })

  expect(readSettings({ ...complete, JWT_KEYS, ACTIVE_JWT_KID: 'new' })).toMatchObject({
    JWT_KEYS: { old: key, new: key },
  })
  expect(() => readSettings({ ...complete, JWT_KEYS, ACTIVE_JWT_KID: 'newer' })).toThrow(
    'ACTIVE_JWT_KID: must be the id of one of JWT_KEYS',
  )
  expect(() => readSettings({ ...complete, JWT_KEYS })).toThrow(
    'ACTIVE_JWT_KID: must say which of JWT_KEYS signs',
  )
})

test.each([
  ['no JSON', `{"old":{"kty":"OKP","d":"a-private-part"`],
  ['a public key', JSON.stringify({ old: { kty: 'OKP', x: 'AA', y: 'a-private-part' } })],
])('%s among the keys is refused without a word of it', (_what, JWT_KEYS) => {
  let message = ''
  try {
    readSettings({ ...complete, JWT_KEYS, ACTIVE_JWT_KID: 'old' })
  } catch (error) {
    message = String(error)
  }

  expect(message).toContain('JWT_KEYS: must be a JSON object of private JWKs by their id')
  expect(message).not.toContain('private-part')
})

test('alerting without an address is refused, and the address is not said', () => {
  const enabled = { ...complete, SLACK_ALERTING_ENABLED: 'true' }

  for (const SLACK_WEBHOOK_URL of ['', 'hooks.slack.com/services/T0/B0/secret']) {
    expect(() => readSettings({ ...enabled, SLACK_WEBHOOK_URL })).toThrow(
      /^SLACK_WEBHOOK_URL: must be a URL of http or https when SLACK_ALERTING_ENABLED is true$/,
    )
  }
})
