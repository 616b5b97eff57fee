import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ProcessEnd, startGuarded } from '../../../deploy/stack/guarded-process.ts'
import { signalProcess } from '../../../deploy/stack/process-identity.ts'
import {
  type DataOrder,
  type FloodOrder,
  ORDER_VARIABLE,
  type ProducerOrder,
  type SinkOrder,
} from '../producer/order.ts'

/** A program in the folder `producer`. */
export type ProducerScript = 'producer.ts' | 'data-producer.ts' | 'flood.ts' | 'sink.ts'

/** How a producer is started. */
export interface ProducerPlan {
  readonly script: ProducerScript
  readonly order: ProducerOrder | DataOrder | FloodOrder | SinkOrder
  readonly logFile: string
  /** Arguments of node before those that load the SDK. */
  readonly nodeArguments?: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

/** A running producer. */
export interface Producer {
  readonly pid: number
  /** Empty of one that keeps no account. */
  readonly ledger: string
  readonly ended: Promise<ProcessEnd>
  hasEnded(): boolean
  signal(name: NodeJS.Signals): void
  /** Asks it to end and waits for that; SIGKILL follows when it does not. */
  stop(): Promise<ProcessEnd>
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SCRIPTS = join(ROOT, 'test/faults/producer')
const WITH_SDK = ['--import', 'telltale/register']
const PRELOAD: Readonly<Record<ProducerScript, readonly string[]>> = {
  'producer.ts': WITH_SDK,
  'data-producer.ts': WITH_SDK,
  'flood.ts': [],
  'sink.ts': [],
}
const STOP_WITHIN_MILLIS = 20_000

/** Starts a producer under the preload, in a process that cannot outlive this one. */
export async function startProducer(plan: ProducerPlan): Promise<Producer> {
  const { identity, ended, hasEnded } = await startGuarded({
    program: process.execPath,
    args: [...(plan.nodeArguments ?? []), ...PRELOAD[plan.script], join(SCRIPTS, plan.script)],
    directory: ROOT,
    variables: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      ...plan.variables,
      [ORDER_VARIABLE]: JSON.stringify(plan.order),
    },
    logFile: plan.logFile,
    endSignals: ['SIGTERM'],
    graceMillis: 5_000,
  })
  const signal = (name: NodeJS.Signals): void => signalProcess(identity, name)
  return {
    pid: identity.pid,
    ledger: 'ledger' in plan.order ? plan.order.ledger : '',
    ended,
    hasEnded,
    signal,
    stop: async () => {
      signal('SIGTERM')
      const deadline = performance.now() + STOP_WITHIN_MILLIS
      while (!hasEnded() && performance.now() < deadline) await sleep(20)
      if (!hasEnded()) signal('SIGKILL')
      return ended
    },
  }
}
