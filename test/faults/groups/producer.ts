import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../deploy/stack/deadline.ts'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import type { Producer } from '../support/producers.ts'
import { strikeUnderLoad } from '../support/strike.ts'
import { spoolDiskFaults } from './spool-disk.ts'

/** What can happen to the service that records. */
export const producerFaults: readonly Fault[] = [
  {
    where: 'producer',
    name: 'producer-sigkill',
    about:
      'the service is killed at a chance moment, start and adoption of its predecessor included',
    rounds: 200,
    run: async (field) =>
      oneAfterTheOther(field, async () => {
        const producer = await field.startProducer()
        await chanceMoment(field, producer)
        producer.signal('SIGKILL')
        await producer.ended
      }),
  },
  {
    where: 'producer',
    name: 'producer-sigterm',
    about: 'the service is told to end while it records',
    rounds: 20,
    run: async (field) =>
      oneAfterTheOther(field, async () => {
        const producer = await field.startProducer()
        await chanceMoment(field, producer)
        await producer.stop()
      }),
  },
  {
    where: 'producer',
    name: 'producer-process-exit',
    about: 'the service calls process.exit() while it records',
    rounds: 10,
    run: async (field) => oneAfterTheOther(field, async () => endFromWithin(field, 'exit')),
  },
  {
    where: 'producer',
    name: 'producer-uncaught',
    about: 'the service dies of an uncaught exception or an unhandled rejection while it records',
    rounds: 10,
    run: async (field) =>
      oneAfterTheOther(field, async () =>
        endFromWithin(field, field.random.pick(['throw', 'reject'])),
      ),
  },
  {
    where: 'producer',
    name: 'producer-two-on-one-spool',
    about: 'three services share a spool; one after the other is killed, and the others take over',
    rounds: 20,
    run: async (field) =>
      strikeUnderLoad(field, async () => {
        const third = await field.startProducer()
        await chanceMoment(field, third)
        third.signal('SIGKILL')
        await third.ended
      }),
  },
  {
    where: 'producer',
    name: 'producer-clock',
    about:
      'the wall clock of the service is set back and forward by up to a day (Date is replaced)',
    rounds: 10,
    run: async (field) =>
      oneAfterTheOther(field, async () => {
        const producer = await field.startProducer({ nodeArguments: ['--import', MOVING_CLOCK] })
        await field.untilRecorded(200)
        await producer.stop()
      }),
  },
  ...spoolDiskFaults,
]

const MOVING_CLOCK = new URL('../shim/moving-clock.ts', import.meta.url).href

/** Two at a time on the same spool: while one starts, the other is killed. */
const LANES = 2

async function oneAfterTheOther(field: Field, life: () => Promise<void>): Promise<void> {
  let left = field.rounds
  let saidAt = performance.now()
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await life()
      if (performance.now() - saidAt < 10_000) continue
      field.ledgers.refresh()
      field.say(`${left} of ${field.rounds} rounds left, ${field.ledgers.recorded.size} recorded`)
      saidAt = performance.now()
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

const RECORDING_WITHIN_MILLIS = 60_000

/** Mostly while it records; each fifth time while it starts, or hardly more. */
async function chanceMoment({ random }: Field, producer: Producer): Promise<void> {
  if (random.next() < 0.2) {
    await sleep(random.between(0, 1_500))
    return
  }
  const bytes = random.between(1, 8_000)
  const isRecording = await until(
    () => producer.hasEnded() || sizeOf(producer.ledger) >= bytes,
    RECORDING_WITHIN_MILLIS,
    5,
  )
  if (!isRecording || producer.hasEnded()) {
    throw new Error(`a producer did not record within ${RECORDING_WITHIN_MILLIS / 1_000} s`)
  }
  await sleep(random.between(0, 50))
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

async function endFromWithin(field: Field, how: 'exit' | 'throw' | 'reject'): Promise<void> {
  const afterRecorded = field.random.between(1, 100)
  const producer = await field.startProducer({ order: { end: { how, afterRecorded } } })
  if (await until(() => producer.hasEnded(), RECORDING_WITHIN_MILLIS)) return
  throw new Error(`a producer did not end by itself within ${RECORDING_WITHIN_MILLIS / 1_000} s`)
}
