import type { Benchmark, Figure } from './support/benchmark.ts'
import { startDataStores } from './support/data-stores.ts'
import { startHelper } from './support/helper-process.ts'
import { measureRequests, ROUTES, type Slices } from './support/measure-requests.ts'
import { median, medianDifference } from './support/statistics.ts'
import { bare, ours, toEnvironment } from './support/variants.ts'

/** What the serializing process reports. */
interface Serialized {
  readonly spans: number
  readonly scopes: Readonly<Record<string, number>>
  readonly json: Blocks
  readonly protobuf: Blocks
}

interface Blocks {
  readonly bytes: number
  readonly cpuMicrosPerBatch: readonly number[]
}

const PROTOCOLS = ['json', 'protobuf'] as const
const EXTENT = { generations: 3, rounds: 4, requests: 4_000, warmUpRequests: 4_000 }

export const benchmark: Benchmark = {
  about: 'CPU time of OTLP as JSON and as protobuf, per batch and per request',
  async measure(progress) {
    const serialized = await serialize(progress)
    const variants = PROTOCOLS.map((name) =>
      ours(name, { OTEL_EXPORTER_OTLP_PROTOCOL: `http/${name}` }),
    )
    const slices = await measureRequests([bare, ...variants], EXTENT, progress)
    const scopes = Object.entries(serialized.scopes).map(([name, count]) => `${count} ${name}`)
    return {
      figures: [...batchFigures(serialized), ...requestFigures(slices)],
      notes: [
        `the batch: ${serialized.spans} spans (${scopes.join(', ')}), made by serving real requests`,
        `medians of ${serialized.json.cpuMicrosPerBatch.length} blocks and of ${EXTENT.generations * EXTENT.rounds} slices of ${EXTENT.requests} requests, in turns`,
      ],
    }
  },
}

async function serialize(progress: (line: string) => void): Promise<Serialized> {
  await using dataStores = await startDataStores(progress)
  await using helper = await startHelper('serialize.cjs', {
    environment: toEnvironment(bare, dataStores.variables),
  })
  // Awaited here: returned as it is, the process would be ended first.
  const serialized = await helper.ask<Serialized>('measure')
  return serialized
}

function batchFigures(serialized: Serialized): Figure[] {
  const micros = (name: 'json' | 'protobuf'): number => median(serialized[name].cpuMicrosPerBatch)
  return [
    ...PROTOCOLS.flatMap((name) => [
      { key: `${name}BatchMicros`, value: micros(name), unit: 'us/batch' },
      { key: `${name}BatchBytes`, value: serialized[name].bytes, unit: 'bytes' },
    ]),
    {
      key: 'protobufToJsonBatchRatio',
      value: micros('protobuf') / micros('json'),
      unit: '',
      yardstick: 'below 1 speaks for protobuf',
    },
  ]
}

function requestFigures(slices: Slices): Figure[] {
  return ROUTES.flatMap((route): Figure[] => {
    const cpu = (name: string): number[] =>
      slices.get(name)![route].map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest)
    const added = (name: string): number => medianDifference(cpu(name), cpu('bare'))
    const prefix = route.slice(1)
    return [
      ...PROTOCOLS.map((name) => ({
        key: `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}AddedMicros`,
        value: added(name),
        unit: 'us/request',
      })),
      {
        key: `${prefix}ProtobufToJsonRatio`,
        value: added('protobuf') / added('json'),
        unit: '',
        yardstick: 'below 1 speaks for protobuf',
      },
    ]
  })
}
