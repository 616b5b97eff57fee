import { assert } from '../../support/assert.ts'
import { type Ran, runScript } from '../../support/run-script.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { FAULTS, startDeployment } from './faulty-deployment.ts'

/** Has the script look at deployments that are sound, and at some with one fault each. */
export async function proveSyntheticCheck(
  { prove }: Stage,
  api: Service,
  closed: Service,
): Promise<void> {
  await prove('synthetic check: each fault is found, and nothing else', async () => {
    for (const fault of FAULTS) {
      await using deployment = await startDeployment(fault)
      const { code, stdout } = await check(deployment.url, 'off')
      const failed = [...stdout.matchAll(/^FAILED {2}([^:]+):/gm)].map(([, name]) => name)
      assert(code === 1 && failed.join() === fault, `of "${fault}" it says ${failed.join(', ')}`)
    }
  })
  await prove('synthetic check: healthz, metrics gate, schema, shape of a 404', async () => {
    const elsewhere = new URL(api.metricsUrl).origin
    for (const [url, metrics, expected, fault] of [
      [api.url, 'on', 0, 'it found fault with a sound deployment'],
      [closed.url, 'off', 0, 'it found fault with a closed deployment'],
      [closed.url, 'on', 1, 'it did not see that metrics are missing'],
      [elsewhere, 'off', 1, 'any server will do for it'],
    ] as const) {
      const { code } = await check(url, metrics)
      assert(code === expected, fault)
    }
  })
}

async function check(url: string, metrics: 'on' | 'off'): Promise<Ran> {
  const directory = new URL('../', import.meta.url)
  const args = ['scripts/synthetic-check.ts', '--url', url, '--metrics', metrics]
  return runScript({ directory, args })
}
