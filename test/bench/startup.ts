import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Benchmark, Figure } from './support/benchmark.ts'
import { installPeer } from './support/peers.ts'
import { medianDifference, rotate, median } from './support/statistics.ts'
import {
  appPath,
  bare,
  ours,
  plainSdk,
  repository,
  theirs,
  toEnvironment,
  type Variant,
} from './support/variants.ts'

/** What the empty application says of itself. */
interface Start {
  readonly startMillis: number
  readonly cpuMillis: number
  readonly rssBytes: number
}

const QUANTITIES = [
  { key: 'startMillis', label: 'WallMillis', unit: 'ms', scale: 1 },
  { key: 'cpuMillis', label: 'CpuMillis', unit: 'ms', scale: 1 },
  { key: 'rssBytes', label: 'RssMebibytes', unit: 'MiB', scale: 1 / 2 ** 20 },
] as const

const ROUNDS = 21

export const benchmark: Benchmark = {
  about: 'what a preload adds to the start of an empty ES module application',
  async measure(progress) {
    const auto = await installPeer('auto-instrumentations', progress)
    const sdk = await installPeer('plain-sdk', progress)
    const variants = [bare, ours(), theirs(auto), plainSdk('umbrella', sdk), plainSdk('parts', sdk)]
    // The first start of each only fills the file cache.
    for (const variant of variants) await start(variant)
    const starts = new Map<Variant, Start[]>(variants.map((variant) => [variant, []]))
    for (let round = 0; round < ROUNDS; round += 1) {
      progress(`round ${round + 1} of ${ROUNDS}`)
      for (const variant of rotate(variants, round)) {
        starts.get(variant)!.push(await start(variant))
      }
    }
    return {
      figures: toFigures(starts),
      packages: { ...auto.packages, ...sdk.packages },
      notes: [
        `medians of ${ROUNDS} interleaved starts; "added" is over bare node in the same round`,
        'wall: until the first line of the application; CPU and memory: 250 ms later',
      ],
    }
  },
}

/** Starts the empty application and waits for its report, after which it is gone. */
async function start(variant: Variant): Promise<Start> {
  const child = spawn(process.execPath, [...variant.nodeArguments, appPath('empty.mjs')], {
    cwd: repository,
    env: toEnvironment(variant),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (output === '') throw new Error(`${variant.name} did not start:\n${errors}`)
  return JSON.parse(output) as Start
}

function toFigures(starts: ReadonlyMap<Variant, readonly Start[]>): Figure[] {
  const byName = new Map([...starts].map(([{ name }, list]) => [name, list]))
  const read = (name: string, key: keyof Start): number[] => byName.get(name)!.map((s) => s[key])
  const added = (name: string, key: keyof Start): number =>
    medianDifference(read(name, key), read('bare', key))
  const figures: Figure[] = QUANTITIES.map(({ key, label, unit, scale }) => ({
    key: `bare${label}`,
    value: median(read('bare', key)) * scale,
    unit,
  }))
  for (const name of ['ours', 'theirs', 'umbrella', 'parts']) {
    for (const { key, label, unit, scale } of QUANTITIES) {
      const share = (added('ours', key) / added(name, key)).toFixed(2)
      figures.push({
        key: `${name}Added${label}`,
        value: added(name, key) * scale,
        unit,
        ...(name !== 'ours' && { yardstick: `ours is ${share} of it` }),
      })
    }
  }
  const ratio = (name: string, base: string): number =>
    added(name, 'cpuMillis') / added(base, 'cpuMillis')
  figures.push(
    {
      key: 'oursToTheirsWallRatio',
      value: added('ours', 'startMillis') / added('theirs', 'startMillis'),
      unit: '',
      yardstick: 'first goal 0.5',
    },
    {
      key: 'oursToTheirsCpuRatio',
      value: ratio('ours', 'theirs'),
      unit: '',
      yardstick: 'first goal 0.5',
    },
    {
      key: 'partsToUmbrellaCpuRatio',
      value: ratio('parts', 'umbrella'),
      unit: '',
      yardstick: 'below 1 speaks against the umbrella',
    },
  )
  return figures
}
