import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ComponentName } from '../../../deploy/stack/stack.ts'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import { readCounter } from '../support/collector-metrics.ts'
import { query } from '../support/database.ts'
import { type SecondCollector, startSecondCollector } from '../support/second-collector.ts'
import { strikeUnderLoad, untilFlowing } from '../support/strike.ts'
import { throttle } from '../support/throttle.ts'

/** What can happen to those that the audit trail has nothing to do with. */
export const neighboursFaults: readonly Fault[] = [
  away('loki'),
  away('jaeger'),
  hanging('loki'),
  hanging('jaeger'),
  {
    where: 'neighbours',
    name: 'neighbours-flood',
    about:
      'a flood of spans and logs beside the audit trail, which has a Collector of its own; the flood has an eighth of the machine',
    rounds: 3,
    run: flood,
  },
]

function away(name: ComponentName): Fault {
  return {
    where: 'neighbours',
    name: `neighbours-${name}-down`,
    about: `${name} is killed and started again while records, spans and logs are made`,
    rounds: 3,
    run: async (field) => {
      const component = field.stack.component(name)
      await strike(field, async () => {
        await component.stop({ mode: 'immediate' })
        await stillFlowing(field)
        await component.start()
      })
    },
  }
}

function hanging(name: ComponentName): Fault {
  return {
    where: 'neighbours',
    name: `neighbours-${name}-hanging`,
    about: `${name} takes connections and does not answer while records, spans and logs are made`,
    rounds: 3,
    run: async (field) => {
      const component = field.stack.component(name)
      await strike(field, async () => {
        component.kill('SIGSTOP')
        await stillFlowing(field)
        component.kill('SIGCONT')
      })
    },
  }
}

async function strike(field: Field, once: () => Promise<void>): Promise<void> {
  const order = { telemetry: true }
  await strikeUnderLoad(field, once, { producers: [{ order }, { order }] })
}

/** What was made while the neighbour is away is stored while it is away. */
async function stillFlowing(field: Field): Promise<void> {
  await untilFlowing(field)
  await sleep(field.random.between(1_000, 4_000))
  await untilFlowing(field)
}

/** Of all the machine's cores: what the flood, its Collector and its back end may use together. */
const FLOOD_SHARE = 1 / 8
const KEPT_SHARE = 0.8
const PHASE_MILLIS = 8_000
const SETTLE_MILLIS = 1_500
/** As fast as the promises of what is open allow. */
const UNPACED = 1_000_000
const ACCEPTED = ['otelcol_receiver_accepted_spans', 'otelcol_receiver_accepted_log_records']

async function flood(field: Field): Promise<void> {
  const sink = await field.startSink()
  const audit = await startHalf(field, 'audit', sink.url)
  const telemetry = await startHalf(field, 'telemetry', sink.url)
  await field.startProducer({
    auditEndpoint: audit.auditOtlp,
    order: { perSecond: UNPACED, durability: 'stored' },
  })
  await untilFlowing(field)
  // The first seconds of a service are slower than the rest.
  await sleep(PHASE_MILLIS)
  const rates = { alone: 0, beside: 0 }
  for (let round = 0; round < field.rounds; round += 1) {
    rates.alone += await measureRate(field)
    const source = await field.startFlood({ otlp: telemetry.otlp, signals: ['traces', 'logs'] })
    const pids = [source.pid, sink.process.pid, telemetry.component.pid ?? source.pid]
    {
      const share = (FLOOD_SHARE * availableParallelism()) / pids.length
      await using _capped = throttle(() => pids, share)
      rates.beside += await measureRate(field)
    }
    source.signal('SIGKILL')
    await source.ended
    field.say(`round ${round + 1}: ${describe(rates)}`)
  }
  const taken = await Promise.all(ACCEPTED.map((name) => readCounter(telemetry.metrics, name)))
  field.note(`${describe(rates)}, which was ${taken.join(' spans and ')} log records`)
  if (rates.beside < KEPT_SHARE * rates.alone) {
    field.fallShort(`audit must keep ${KEPT_SHARE * 100} % of its rate beside the flood`)
  }
}

/** Of the split configuration. Its traces and logs go to the sink: this is not about Jaeger and Loki. */
async function startHalf(
  field: Field,
  half: 'audit' | 'telemetry',
  sink: string,
): Promise<SecondCollector> {
  return field.open.use(
    await startSecondCollector(field.stack.addresses, {
      folder: join(field.folder, half),
      configuration: `collector-${half}.yaml`,
      variables: {
        JAEGER_OTLP_ENDPOINT: sink,
        LOKI_OTLP_ENDPOINT: sink,
        // Its share of the time is then a share of one core.
        ...(half === 'telemetry' && { GOMAXPROCS: '1' }),
      },
    }),
  )
}

/** Records stored in a second, over one phase. */
async function measureRate(field: Field): Promise<number> {
  await sleep(SETTLE_MILLIS)
  const [before, start] = [await countStored(field), performance.now()]
  await sleep(PHASE_MILLIS)
  const [after, end] = [await countStored(field), performance.now()]
  return ((after - before) * 1_000) / (end - start)
}

async function countStored({ stack, service }: Field): Promise<number> {
  const rows = await query<{ records: number }>(
    stack.addresses.postgres,
    'SELECT count(*)::int AS records FROM audit.records WHERE service_name = $1',
    [service],
  )
  return rows[0]?.records ?? 0
}

function describe({ alone, beside }: { alone: number; beside: number }): string {
  const percent = alone > 0 ? Math.round((100 * beside) / alone) : 0
  return `audit keeps ${percent} % of its rate beside the flood`
}
