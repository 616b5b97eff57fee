import { describe, expect, test } from 'vitest'
import { readSettings as certificateApi } from '../../../examples/certificate-api/src/settings.ts'
import { readSettings as coursePlatform } from '../../../examples/course-platform/src/settings.ts'
import { readSettings as platform } from '../../../examples/platform/src/settings.ts'
import { readSettings as rewardsApi } from '../../../examples/rewards-api/src/settings.ts'
import { readSettings as walletBackend } from '../../../examples/wallet-backend/src/settings.ts'

type Read = (variables: NodeJS.ProcessEnv) => object

/** Each service with the settings that it cannot do without. */
const services: readonly (readonly [string, Read, readonly string[]])[] = [
  ['certificate-api', certificateApi, ['DATABASE_URL', 'PCA_ENDPOINT', 'JWKS_URL']],
  ['rewards-api', rewardsApi, ['DATABASE_URL', 'REDIS_URL', 'CHAIN_URL', 'JWT_PUBLIC_KEY']],
  ['platform', platform, ['DATABASE_URL', 'KEYCLOAK_URL', 'PROXMOX_URL', 'PROXMOX_TOKEN']],
  ['wallet-backend', walletBackend, ['DATABASE_URL', 'REDIS_URL']],
  ['course-platform', coursePlatform, ['DATABASE_URL']],
]

const POSTGRES = 'must be a URL that starts with postgres:// or postgresql://'
const WEB = 'must be a URL that starts with http:// or https://'
const LEVEL = 'must be one of trace, debug, info, warn, error, fatal, silent; got "loud"'
const FLAG = 'must be true or false; got "yes"'

/** Values that cannot be used, and what is said of each. */
const wrong: readonly (readonly [string, string, string, Read, string])[] = [
  ...services.flatMap(([name, read]) => [
    [name, 'PORT', '70000', read, 'must be a whole number from 0 to 65535; got "70000"'] as const,
    [name, 'PORT', ' ', read, 'must be a whole number from 0 to 65535; got " "'] as const,
    [name, 'DATABASE_URL', 'mysql://root:hunter2@localhost', read, POSTGRES] as const,
  ]),
  ['rewards-api', 'LOG_LEVEL', 'loud', rewardsApi, LEVEL],
  ['platform', 'PROXMOX_URL', 'hunter2', platform, WEB],
  ['wallet-backend', 'SLACK_ALERTING_ENABLED', 'yes', walletBackend, FLAG],
  ['wallet-backend', 'JWT_ROTATION_ALERT_ON_ERROR', 'yes', walletBackend, FLAG],
  [
    'wallet-backend',
    'WALLET_PASSWORD',
    'hunter2',
    walletBackend,
    'must have 8 characters at least',
  ],
  ['course-platform', 'METRICS_ENABLED', 'yes', coursePlatform, FLAG],
]

/** What is said of settings, one line for each that cannot be used. */
function problemsOf(read: Read, variables: NodeJS.ProcessEnv): string[] {
  try {
    read(variables)
    return []
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [String(error)]
  }
}

describe('settings', () => {
  test.each(services)('of %s that are missing are all named', (_name, read, required) => {
    const missing = required.map((setting) => `${setting}: must be set`)

    expect(problemsOf(read, {})).toEqual(missing)
    expect(problemsOf(read, Object.fromEntries(required.map((name) => [name, ''])))).toEqual(
      missing,
    )
  })

  test.each([
    ['certificate-api', certificateApi, 300_000],
    ['platform', platform, 30_000],
  ])(
    'of %s: jobs run as often as its team said unless somebody says otherwise',
    (name, read, every) => {
      const required = services.find(([service]) => service === name)?.[2] ?? []
      const variables = {
        ...Object.fromEntries(required.map((setting) => [setting, 'http://localhost'])),
        DATABASE_URL: 'postgres://localhost/x',
      }

      expect(read(variables)).toMatchObject({ WATCH_INTERVAL_MILLIS: every })
    },
  )

  test.each(wrong)('of %s: what is wrong with %s=%s', (_name, setting, value, read, rule) => {
    const said = problemsOf(read, { [setting]: value })

    expect(said).toContain(`${setting}: ${rule}`)
    expect(said.join('\n')).not.toContain('hunter2')
  })
})
