import { assert } from '../../support/assert.ts'
import type { Stage } from '../../support/stage.ts'
import { untilFailed } from './rotations.ts'
import { startProcess } from './services.ts'
import type { SlackServer } from './slack-server.ts'

/** A worker of another environment that is to tell people of nothing but its start and its end; no rotation succeeds meanwhile. */
export async function proveQuietInstance(
  { stack, prove }: Stage,
  variables: Readonly<Record<string, string>>,
  slack: SlackServer,
): Promise<void> {
  await using instance = await startProcess(stack.addresses, {
    name: 'wallet-backend-worker-quiet',
    script: 'src/worker.ts',
    variables: {
      ...variables,
      APP_ENV: 'staging',
      JWT_ROTATION_ALERT_ON_ERROR: 'false',
      JWT_ROTATION_ALERT_ON_RETRY: 'false',
      // It looks so often that it finds the lock free between two attempts of the other one.
      JWT_ROTATION_INTERVAL_MILLIS: '500',
    },
  })
  await untilFailed(instance, 2)
  const own = (): readonly string[] =>
    slack.texts.filter((text) => text.startsWith('🚨 [STAGING] '))
  await prove('APP_ENV', async () => {
    assert(own().length > 0, 'no alert says [STAGING]')
    const text = await (await fetch(instance.metricsUrl)).text()
    assert(/jwt_key_rotation_total\{env="staging"/.test(text), 'the metrics are not of staging')
  })
  await prove('JWT_ROTATION_ALERT_ON_ERROR=false, JWT_ROTATION_ALERT_ON_RETRY=false', () => {
    const loud = own().find((text) => text.includes('rotation'))
    assert(loud === undefined, `it told of a rotation: ${loud}`)
  })
}
