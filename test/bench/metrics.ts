import type { Benchmark, Figure } from './support/benchmark.ts'
import { startHelper } from './support/helper-process.ts'
import { median } from './support/statistics.ts'

type Nanos = Readonly<
  Record<
    'counterOurs' | 'counterBare' | 'histogramOurs' | 'histogramBare' | 'nothing',
    readonly number[]
  >
>
type Bytes = Readonly<Record<'folded' | 'gauge' | 'counter' | 'bareCounter', number>>

interface Scrape {
  readonly longestMillis: number
  readonly longestCpuMillis: number
}

const SERIES = 10_000
const MANY = 100_000
const SCRAPES = 30

export const benchmark: Benchmark = {
  about:
    'declared metrics: CPU time of an addition, memory of many labels, a scrape of 10 000 series',
  async measure(progress) {
    progress('additions with three labels, in turns with the bare SDK')
    const nanos = await inProcess(async (ask) => ask<Nanos>('add'))
    progress('memory of 100 000 different values')
    const bytes = await inProcess(async (ask) => ask<Bytes>('memory'))
    progress('scrapes of 10 000 series')
    const scrapes = await inProcess(async (ask) => scrapeOften(ask, 'beforeScrape'))
    const plain = await inProcess(async (ask) => scrapeOften(ask, 'beforePlainScrape'))
    return {
      figures: [
        ...addFigures(nanos),
        ...memoryFigures(bytes),
        ...scrapeFigures(scrapes),
        ...plainFigures(plain),
      ],
      notes: [
        'an addition is counter.add(1, { method, route, status_code }) with 50 routes; making the labels is taken off',
        `of ${SERIES} series all change between two scrapes, which are compressed; a stretch is the CPU time of the thread between two turns of its event loop, garbage collection included`,
      ],
    }
  },
}

type Ask = <Answer>(part: string) => Promise<Answer>

async function inProcess<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const environment = { PATH: process.env['PATH'], TELLTALE_LOG_STDOUT: 'false' }
  await using helper = await startHelper('metrics.mjs', {
    nodeArguments: ['--expose-gc'],
    environment,
  })
  const result = await work((part) => helper.ask(part))
  return result
}

async function scrapeOften(ask: Ask, before: string): Promise<Scrape[]> {
  const scrapes: Scrape[] = []
  for (let count = 0; count < SCRAPES; count += 1) {
    const { url } = await ask<{ url: string }>(before)
    const text = await (await fetch(url)).text()
    const found = text.match(/^scraped_/gm)?.length ?? 0
    if (found !== SERIES) throw new Error(`a scrape showed ${found} series`)
    scrapes.push(await ask<Scrape>('afterScrape'))
  }
  return scrapes
}

function addFigures(nanos: Nanos): Figure[] {
  const cost = (name: keyof Nanos): number =>
    median(nanos[name].map((value, index) => value - nanos.nothing[index]!))
  return (['counter', 'histogram'] as const).flatMap((kind): Figure[] => {
    const [ours, bare] = [cost(`${kind}Ours`), cost(`${kind}Bare`)]
    return [
      { key: `${kind}Nanos`, value: ours, unit: 'ns' },
      { key: `${kind}BareNanos`, value: bare, unit: 'ns' },
      {
        key: `${kind}ToBareRatio`,
        value: ours / bare,
        unit: '',
        yardstick: 'below 1: ours costs less',
      },
    ]
  })
}

function memoryFigures(bytes: Bytes): Figure[] {
  return [
    {
      key: 'beyondBoundBytes',
      value: bytes.folded,
      unit: 'bytes',
      yardstick: `${MANY} values of a label with the bound 100`,
    },
    perSeries('tenantGaugeBytes', bytes.gauge),
    perSeries('tenantCounterBytes', bytes.counter),
    { ...perSeries('tenantBareCounterBytes', bytes.bareCounter), yardstick: 'the SDK alone' },
  ]
}

function perSeries(key: string, value: number): Figure {
  return { key, value: value / MANY, unit: 'bytes/series' }
}

function scrapeFigures([first, ...later]: readonly Scrape[]): Figure[] {
  const cpu = later.map(({ longestCpuMillis }) => longestCpuMillis)
  const byClock = later.map(({ longestMillis }) => longestMillis)
  return [
    toStretch('firstScrapeLongestCpuMillis', first!.longestCpuMillis),
    toStretch('scrapeLongestCpuMillis', median(cpu)),
    toStretch('scrapeWorstCpuMillis', Math.max(...cpu)),
    toStretch('firstScrapeLongestMillis', first!.longestMillis, ', by the clock'),
    toStretch('scrapeLongestMillis', median(byClock), ', by the clock'),
    toStretch('scrapeWorstMillis', Math.max(...byClock), ', by the clock'),
  ]
}

function plainFigures([first, ...later]: readonly Scrape[]): Figure[] {
  const byClock = later.map(({ longestMillis }) => longestMillis)
  const values = {
    plainFirstScrapeLongestMillis: first!.longestMillis,
    plainScrapeLongestMillis: median(byClock),
    plainScrapeWorstMillis: Math.max(...byClock),
  }
  const yardstick = 'not declared: the SDK collects them at a stretch'
  return Object.entries(values).map(([key, value]) => ({ key, value, unit: 'ms', yardstick }))
}

function toStretch(key: string, value: number, how = ''): Figure {
  return { key, value, unit: 'ms', yardstick: `10 ms at a stretch${how}` }
}
