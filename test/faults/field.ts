import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { newSecret } from '../../deploy/stack/database.ts'
import { until } from '../../deploy/stack/deadline.ts'
import type { Stack } from '../../deploy/stack/stack.ts'
import type { DataOrder, FloodOrder, ProducerOrder, SinkOrder } from './producer/order.ts'
import { type Ledgers, openLedgers } from './support/ledger.ts'
import { type Producer, type ProducerScript, startProducer } from './support/producers.ts'
import type { SmallDisk } from './support/small-disk.ts'
import { createRandom, type Random } from './support/random.ts'

/** How a producer of a field differs from the usual one. */
export interface LoadOptions {
  readonly order?: Partial<Omit<ProducerOrder, 'ledger'>>
  /** Base URL of the audit receiver; the stack's own if not given. */
  readonly auditEndpoint?: string
  /** Another folder for the spool than the one that all producers of a field share. */
  readonly spool?: string
  readonly nodeArguments?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
}

/** Where one fault is fought out: a running stack, producers, and the account they keep. */
export interface Field extends AsyncDisposable {
  readonly stack: Stack
  /** `service.name` of its producers. */
  readonly service: string
  readonly rounds: number
  readonly random: Random
  /** The disk of a stack that has one of its own. */
  readonly stackDisk: SmallDisk | undefined
  /** Everything of this fault on disk. */
  readonly folder: string
  readonly ledgers: Ledgers
  /** The folders of spools that producers were given. */
  readonly spools: ReadonlySet<string>
  /** Tells people how far it is. */
  say(line: string): void
  /** Adds to what the table says about this fault. */
  note(line: string): void
  startProducer(options?: LoadOptions): Promise<Producer>
  /** Starts a flood of spans and logs, which records nothing. */
  startFlood(order: FloodOrder): Promise<Producer>
  /** Starts a back end that takes everything; answers its process and where it listens. */
  startSink(): Promise<{ readonly process: Producer; readonly url: string }>
  /** Starts one that records a case of `dataCases` and ends. */
  startDataProducer(dataCase: string): Promise<Producer>
  /** Returns once so many more records are recorded by whichever producer; `false` when time was over first. */
  untilRecorded(more: number, withinMillis?: number): Promise<boolean>
  /** What must stay until the counting is done. */
  readonly open: AsyncDisposableStack
  /** The fault did not do what it should, or its own measure was missed: the row then is not good. */
  fallShort(reason: string): void
  readonly hasFallenShort: boolean
  /** Ends the producers in order. */
  stopProducers(): Promise<void>
}

/** What a field is made from. */
export interface FieldPlan {
  readonly stack: Stack
  readonly stackDisk?: SmallDisk | undefined
  readonly service: string
  readonly rounds: number
  readonly seed: number
  readonly folder: string
  readonly say: (line: string) => void
}

const PER_SECOND = 200
const RECORDED_WITHIN_MILLIS = 60_000

/**
 * Prepares a field; nothing runs yet.
 *
 * @param notes - what is noted about the fault, also when it ends in an error
 */
export function createField(plan: FieldPlan, notes: string[]): Field {
  const { stack, folder, service } = plan
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ledgers = openLedgers(folder)
  const producers = new Set<Producer>()
  const spools = new Set<string>()
  const open = new AsyncDisposableStack()
  let hasFallenShort = false

  const launch = async (
    script: ProducerScript,
    order: ProducerOrder | DataOrder | FloodOrder | SinkOrder,
    options: LoadOptions,
  ): Promise<Producer> => {
    const { auditEndpoint, spool = join(folder, 'spool'), nodeArguments, variables } = options
    spools.add(spool)
    const producer = await startProducer({
      script,
      order,
      logFile: join(folder, 'producers.log'),
      ...(nodeArguments && { nodeArguments }),
      variables: {
        OTEL_SERVICE_NAME: service,
        OTEL_EXPORTER_OTLP_ENDPOINT: stack.addresses.otlp,
        TELLTALE_AUDIT_ENDPOINT: auditEndpoint ?? stack.addresses.auditOtlp,
        TELLTALE_AUDIT_TOKEN: stack.addresses.auditToken,
        TELLTALE_AUDIT_SPOOL_DIRECTORY: spool,
        ...variables,
      },
    })
    producers.add(producer)
    return producer
  }

  const stopProducers = async (): Promise<void> => {
    await Promise.all([...producers].map(async (producer) => producer.stop()))
    producers.clear()
  }

  return {
    stack,
    service,
    stackDisk: plan.stackDisk,
    rounds: plan.rounds,
    random: createRandom(plan.seed, service),
    folder,
    ledgers,
    spools,
    say: plan.say,
    note: (text) => void notes.push(text),
    startProducer: async (options = {}) => {
      const order = { perSecond: PER_SECOND, ...options.order, ledger: ledgers.nextFile() }
      return launch('producer.ts', order, options)
    },
    startSink: async () => {
      const portFile = join(folder, `sink-${newSecret()}.port`)
      const process = await launch('sink.ts', { portFile }, {})
      const hasPort = (): boolean => (statSync(portFile, { throwIfNoEntry: false })?.size ?? 0) > 0
      if (!(await until(hasPort, 30_000))) throw new Error('the sink does not listen')
      return { process, url: `http://127.0.0.1:${readFileSync(portFile, 'utf8')}` }
    },
    startFlood: async (order) => launch('flood.ts', order, {}),
    startDataProducer: async (dataCase) =>
      launch('data-producer.ts', { ledger: ledgers.nextFile(), dataCase, rounds: plan.rounds }, {}),
    untilRecorded: async (more, withinMillis = RECORDED_WITHIN_MILLIS) => {
      ledgers.refresh()
      const wanted = ledgers.recorded.size + more
      return until(() => {
        ledgers.refresh()
        return ledgers.recorded.size >= wanted
      }, withinMillis)
    },
    stopProducers,
    open,
    fallShort: (reason) => {
      hasFallenShort = true
      notes.push(reason)
    },
    get hasFallenShort() {
      return hasFallenShort
    },
    [Symbol.asyncDispose]: async () => {
      await stopProducers()
      await open.disposeAsync()
    },
  }
}
