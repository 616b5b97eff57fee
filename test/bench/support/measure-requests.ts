import { setTimeout as pause } from 'node:timers/promises'
import type { LoadOrder } from '../apps/load.ts'
import type { Received } from '../apps/sink.ts'
import { startDataStores } from './data-stores.ts'
import { type HelperProcess, startHelper } from './helper-process.ts'
import { rotate } from './statistics.ts'
import { toEnvironment, type Variant } from './variants.ts'

/** The routes of the service: nothing at all; one query and one command. */
export const ROUTES = ['/trivial', '/data'] as const

/** A route of the service. */
export type Route = (typeof ROUTES)[number]

/** One slice of load on one route of one variant. */
export interface Slice {
  readonly cpuMicrosPerRequest: number
  readonly spansPerRequest: number
  readonly bytesPerRequest: number
  readonly rssBytes: number
}

/** The slices of every variant and route; the n-th of each were measured in the same round. */
export type Slices = ReadonlyMap<string, Readonly<Record<Route, readonly Slice[]>>>

/** How much is measured. Each generation starts every process anew: two runs of one program differ too. */
export interface Extent {
  readonly generations: number
  readonly rounds: number
  readonly requests: number
  readonly warmUpRequests: number
}

interface Bench {
  readonly sink: HelperProcess<{ port: number }>
  readonly load: HelperProcess<unknown>
  readonly services: { variant: Variant; process: HelperProcess<{ port: number }> }[]
}

const CONNECTIONS = 8

/** Nothing may be dropped for want of room: what is not exported costs nothing, and would flatter. */
const EXPORT_VARIABLES = {
  OTEL_BSP_MAX_QUEUE_SIZE: '1000000',
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_BLRP_MAX_QUEUE_SIZE: '1000000',
  OTEL_TRACES_SAMPLER: 'always_on',
}

/** Measures the CPU time per request of each variant of the same service, in turns. */
export async function measureRequests(
  variants: readonly Variant[],
  { generations, rounds, requests, warmUpRequests }: Extent,
  progress: (line: string) => void,
): Promise<Slices> {
  await using dataStores = await startDataStores(progress)
  const data = dataStores.variables
  const slices = new Map(
    variants.map(({ name }) => [name, { '/trivial': [] as Slice[], '/data': [] as Slice[] }]),
  )
  for (let generation = 0; generation < generations; generation += 1) {
    await using resources = new AsyncDisposableStack()
    const bench = await startBench(variants, data, resources)
    for (const { variant, process } of bench.services) {
      for (const route of ROUTES) await drive(bench, process, route, warmUpRequests)
      await settled(bench.sink, variant.name)
    }
    for (let round = 0; round < rounds; round += 1) {
      progress(`processes ${generation + 1} of ${generations}, round ${round + 1} of ${rounds}`)
      for (const route of ROUTES) {
        for (const service of rotate(bench.services, round)) {
          const { name } = service.variant
          slices.get(name)![route].push(await measureSlice(bench, service, route, requests))
        }
      }
    }
  }
  return slices
}

async function startBench(
  variants: readonly Variant[],
  data: Readonly<Record<string, string>>,
  resources: AsyncDisposableStack,
): Promise<Bench> {
  const sink = resources.use(await startHelper<{ port: number }>('sink.ts'))
  const load = resources.use(await startHelper('load.ts'))
  const services: Bench['services'] = []
  for (const variant of variants) {
    const environment = toEnvironment(variant, {
      ...data,
      ...EXPORT_VARIABLES,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.hello.port}/${variant.name}`,
    })
    const { nodeArguments } = variant
    const service = await startHelper<{ port: number }>('service.cjs', {
      nodeArguments,
      environment,
    })
    services.push({ variant, process: resources.use(service) })
  }
  return { sink, load, services }
}

async function measureSlice(
  bench: Bench,
  { variant, process }: Bench['services'][number],
  route: Route,
  requests: number,
): Promise<Slice> {
  // Nothing is on its way: the slice before, or the warming up, ended when all had arrived.
  const receivedBefore = await bench.sink.ask<Received>(variant.name)
  const before = await usageOf(process)
  await drive(bench, process, route, requests)
  const received = await settled(bench.sink, variant.name)
  const after = await usageOf(process)
  return {
    cpuMicrosPerRequest: (after.cpuMicros - before.cpuMicros) / requests,
    spansPerRequest: (received.spans - receivedBefore.spans) / requests,
    bytesPerRequest: (received.traceBytes - receivedBefore.traceBytes) / requests,
    rssBytes: after.rssBytes,
  }
}

async function drive(
  { load }: Bench,
  service: HelperProcess<{ port: number }>,
  path: Route,
  requests: number,
): Promise<void> {
  const order: LoadOrder = { port: service.hello.port, path, requests, connections: CONNECTIONS }
  const { answered } = await load.ask<{ answered: number }>(order)
  if (answered !== requests) throw new Error(`${path}: ${answered} of ${requests} answered 200`)
}

/** What has arrived once nothing more arrives: what a request costs includes its export. */
async function settled(sink: HelperProcess<unknown>, name: string): Promise<Received> {
  let last = await sink.ask<Received>(name)
  for (;;) {
    await pause(300)
    const now = await sink.ask<Received>(name)
    if (now.requests === last.requests) return now
    last = now
  }
}

function usageOf(service: HelperProcess<unknown>): Promise<{
  cpuMicros: number
  rssBytes: number
}> {
  return service.ask('usage')
}
