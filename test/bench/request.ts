import type { Benchmark, Figure } from './support/benchmark.ts'
import { measureRequests, ROUTES, type Route, type Slice } from './support/measure-requests.ts'
import { installPeer } from './support/peers.ts'
import { median, medianDifference } from './support/statistics.ts'
import { bare, ours, theirs } from './support/variants.ts'

const EXTENT = { generations: 3, rounds: 4, requests: 4_000, warmUpRequests: 4_000 }

export const benchmark: Benchmark = {
  about: 'CPU time that telemetry adds to a request, everything sampled and exported',
  async measure(progress) {
    const peer = await installPeer('auto-instrumentations', progress)
    const slices = await measureRequests([bare, ours(), theirs(peer)], EXTENT, progress)
    const read = (name: string, route: Route, key: keyof Slice): number[] =>
      slices.get(name)![route].map((slice) => slice[key])
    return {
      figures: ROUTES.flatMap((route) => toFigures(route, read)),
      packages: peer.packages,
      notes: [
        `medians of ${EXTENT.generations * EXTENT.rounds} interleaved slices of ${EXTENT.requests} requests`,
        'the route "data" makes one PostgreSQL query and one Redis command; "added" is over bare node',
      ],
    }
  },
}

function toFigures(
  route: Route,
  read: (name: string, route: Route, key: keyof Slice) => number[],
): Figure[] {
  const prefix = route.slice(1)
  const cpu = (name: string): number[] => read(name, route, 'cpuMicrosPerRequest')
  const added = (name: string): number => medianDifference(cpu(name), cpu('bare'))
  const spans = (name: string): number => median(read(name, route, 'spansPerRequest'))
  const memory = (name: string): number => median(read(name, route, 'rssBytes')) / 2 ** 20
  return [
    { key: `${prefix}BareMicros`, value: median(cpu('bare')), unit: 'us/request' },
    { key: `${prefix}OursAddedMicros`, value: added('ours'), unit: 'us/request' },
    { key: `${prefix}TheirsAddedMicros`, value: added('theirs'), unit: 'us/request' },
    {
      key: `${prefix}OursToTheirsRatio`,
      value: added('ours') / added('theirs'),
      unit: '',
      yardstick: 'first goal 0.5',
    },
    { key: `${prefix}OursSpans`, value: spans('ours'), unit: 'spans/request' },
    { key: `${prefix}TheirsSpans`, value: spans('theirs'), unit: 'spans/request' },
    { key: `${prefix}BareRssMebibytes`, value: memory('bare'), unit: 'MiB' },
    { key: `${prefix}OursRssMebibytes`, value: memory('ours'), unit: 'MiB' },
    { key: `${prefix}TheirsRssMebibytes`, value: memory('theirs'), unit: 'MiB' },
  ]
}
