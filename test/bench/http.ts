import type { LoadOrder } from './apps/load.ts'
import type { Benchmark } from './support/benchmark.ts'
import { startDataStores } from './support/data-stores.ts'
import { startHelper } from './support/helper-process.ts'
import { measureRequests } from './support/measure-requests.ts'
import { median, medianDifference } from './support/statistics.ts'
import { bare, ours, toEnvironment } from './support/variants.ts'

const EXTENT = { generations: 3, rounds: 4, requests: 4_000, warmUpRequests: 4_000 }
const AT_ONCE = 10_000

const preload = ours('preload')
const adapter = ours('adapter', { BENCH_ADAPTER: '1' })

export const benchmark: Benchmark = {
  about:
    'CPU time that the access log and the metrics of an adapter add to a request; 10 000 at once',
  async measure(progress) {
    const slices = await measureRequests([bare, preload, adapter], EXTENT, progress)
    const cpu = (name: string): number[] =>
      slices.get(name)!['/trivial'].map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest)
    const held = await holdMany(progress)
    const unit = 'us/request'
    return {
      figures: [
        { key: 'bareMicros', value: median(cpu('bare')), unit },
        {
          key: 'preloadAddedMicros',
          value: medianDifference(cpu('preload'), cpu('bare')),
          unit,
        },
        {
          key: 'adapterAddedMicros',
          value: medianDifference(cpu('adapter'), cpu('preload')),
          unit,
          yardstick: 'our aim 50',
        },
        {
          key: 'accessLogAndMetricsMillis',
          value: medianDifference(cpu('adapter'), cpu('preload')) / 1_000,
          unit: 'ms/request',
          yardstick: 'system B: below 1',
        },
        { key: 'heldAtOnce', value: held.heldAtMost, unit: 'requests' },
        { key: 'heldAnswered', value: held.answered, unit: 'requests', yardstick: `${AT_ONCE}` },
        { key: 'heldRssMebibytes', value: held.rssBytes / 2 ** 20, unit: 'MiB' },
      ],
      notes: [
        `medians of ${EXTENT.generations * EXTENT.rounds} interleaved slices of ${EXTENT.requests} requests; what is exported is part of it`,
        'the adapter is that of node:http, with request id, access log, counter, histogram and a gauge of what is under way',
      ],
    }
  },
}

interface Held {
  readonly answered: number
  readonly heldAtMost: number
  readonly rssBytes: number
}

/** So many connections, each with a request that takes three seconds. */
async function holdMany(progress: (line: string) => void): Promise<Held> {
  await using dataStores = await startDataStores(progress)
  await using sink = await startHelper<{ port: number }>('sink.ts')
  await using load = await startHelper('load.ts')
  const environment = toEnvironment(adapter, {
    ...dataStores.variables,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.hello.port}/held`,
  })
  const { nodeArguments } = adapter
  await using service = await startHelper<{ port: number }>('service.cjs', {
    nodeArguments,
    environment,
  })
  const { port } = service.hello
  const order: LoadOrder = { port, path: '/wait', requests: AT_ONCE, connections: AT_ONCE }
  const { answered } = await load.ask<{ answered: number }>(order)
  return { answered, ...(await service.ask<Omit<Held, 'answered'>>('usage')) }
}
