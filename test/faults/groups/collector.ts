import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../deploy/stack/deadline.ts'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import { strikeUnderLoad } from '../support/strike.ts'

/** What can happen to the Collector. */
export const collectorFaults: readonly Fault[] = [
  {
    where: 'collector',
    name: 'collector-sigkill',
    about: 'the Collector is killed under load and started again',
    rounds: 100,
    run: async (field) => strikeUnderLoad(field, async () => killAndStart(field)),
  },
  {
    where: 'collector',
    name: 'collector-sigterm',
    about: 'the Collector is told to end while requests are in flight, and started again',
    rounds: 20,
    run: async (field) => {
      const collector = field.stack.component('collector')
      await strikeUnderLoad(field, async () => {
        await collector.stop({ mode: 'fast' })
        await sleep(field.random.between(0, 300))
        await collector.start()
      })
    },
  },
]

async function killAndStart({ stack, random }: Field): Promise<void> {
  const collector = stack.component('collector')
  collector.kill('SIGKILL')
  if (!(await until(() => !collector.isRunning, 10_000))) {
    throw new Error('the Collector outlived SIGKILL by 10 s')
  }
  await sleep(random.between(0, 300))
  await collector.start()
}
