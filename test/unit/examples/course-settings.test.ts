import { expect, test } from 'vitest'
import { createRateLimit } from '../../../examples/course-platform/src/rate-limit.ts'
import { readSettings } from '../../../examples/course-platform/src/settings.ts'

const DATABASE_URL = 'postgres://localhost/courses'

test('metrics are not served and no proxy is believed unless somebody says so', () => {
  expect(readSettings({ DATABASE_URL, METRICS_ENABLED: '', TRUSTED_PROXIES: '' })).toMatchObject({
    METRICS_ENABLED: false,
    TRUSTED_PROXIES: [],
  })
})

test('spaces between proxies are none of their addresses', () => {
  const TRUSTED_PROXIES = '10.0.0.0/8, 192.0.2.1 ,'

  expect(readSettings({ DATABASE_URL, TRUSTED_PROXIES }).TRUSTED_PROXIES).toEqual([
    '10.0.0.0/8',
    '192.0.2.1',
  ])
})

test('every setting that cannot be used is named at once, and no password is said', () => {
  const given = { DATABASE_URL: 'mysql://root:secret@localhost', METRICS_ENABLED: 'yes' }

  let message = ''
  try {
    readSettings(given)
  } catch (error) {
    message = String(error)
  }

  expect(message).toContain('DATABASE_URL: must be a URL that starts with postgres://')
  expect(message).toContain('METRICS_ENABLED: ')
  expect(message).not.toContain('secret')
})

test('so much is let through in a minute, and no more', () => {
  let now = 59_999
  const limit = createRateLimit(2, () => now)
  const take = (): boolean[] => [limit.take(), limit.take(), limit.take()]

  expect(take()).toEqual([true, true, false])
  now = 60_000
  expect(take()).toEqual([true, true, false])
})
