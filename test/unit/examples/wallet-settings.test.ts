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
  ['a public key', JSON.stringify({ old: { ...key, d: undefined, y: 'a-private-part' } })],
  // Nobody could log in until the first rotation.
  ['a key for another algorithm', JSON.stringify({ old: { ...key, kty: 'EC', crv: 'P-256' } })],
])('%s among the keys is refused without a word of it', (_what, JWT_KEYS) => {
  let message = ''
  try {
    readSettings({ ...complete, JWT_KEYS, ACTIVE_JWT_KID: 'old' })
  } catch (error) {
    message = String(error)
  }

  expect(message).toContain('JWT_KEYS: must be a JSON object of private JWKs (Ed25519) by their id')
  expect(message).not.toContain('private-part')
})

// Its path is the secret; redaction knows that of the paths of Slack's webhooks, and of no other.
test.each([
  '',
  'hooks.slack.com/services/T024BE7LD/B024BE7LH/secret42',
  'https://hooks.slack.com/secret42',
  'https://alerts.example.test/hooks/secret42',
  'https://hooks.slack.com/services/T024BE7LD/B024BE7LH/secret42?key=secret42',
])(
  'alerting without an address of a webhook is refused, and the address is not said',
  (address) => {
    const alerting = { ...complete, SLACK_ALERTING_ENABLED: 'true', SLACK_WEBHOOK_URL: address }

    expect(() => readSettings(alerting)).toThrow(
      /^SLACK_WEBHOOK_URL: must be an address of Slack's webhooks \(https:\/\/hooks\.slack\.com\/services\/T…\/B…\/…\) when SLACK_ALERTING_ENABLED is true$/,
    )
  },
)

test.each(['https://hooks.slack.com', 'http://127.0.0.1:8080'])(
  "what has the form of Slack's webhooks is taken: %s",
  (host) => {
    const SLACK_WEBHOOK_URL = `${host}/services/T024BE7LD/B024BE7LH/secret42`
    const alerting = { ...complete, SLACK_ALERTING_ENABLED: 'true', SLACK_WEBHOOK_URL }

    expect(readSettings(alerting)).toMatchObject({ SLACK_WEBHOOK_URL })
  },
)
