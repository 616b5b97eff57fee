import type { Benchmark, Figure } from './support/benchmark.ts'
import { startHelper } from './support/helper-process.ts'
import { median } from './support/statistics.ts'

type Nanos = Readonly<
  Record<`${'counter' | 'histogram'}${'Ours' | 'Plain' | 'Bare'}` | 'nothing', readonly number[]>
>
type Bytes = Readonly<Record<'folded' | 'gauge' | 'counter' | 'bareCounter', number>>

/** The longest turn of the event loop by the clock, and the longest that the thread had a CPU within one turn. */
interface Scrape {
  readonly millis: number
  readonly ranMillis: number
}

const SERIES = 10_000
const MANY = 100_000
const SCRAPES = 30

export const benchmark: Benchmark = {
  about: 'metrics: CPU time of an addition, memory of many labels, a scrape of 10 000 series',
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
        ...scrapeFigures('scrape', scrapes),
        ...scrapeFigures('plainScrape', plain),
      ],
      notes: [
        'an addition is counter.add(1, { method, route, status_code }) with 50 routes; making the labels is taken off',
        'plain is the Meter API under init(), for what is not declared; bare is the SDK alone',
        `of ${SERIES} series all change between two scrapes, which are compressed; a stretch is the longest turn of the event loop by the clock, garbage collection included, but for that of making and changing the series; ran is the longest that the thread had a CPU within one turn, give or take a tick of the kernel (4 ms here): the rest is waiting for one`,
      ],
    }
  },
}

type Ask = <Answer>(part: string) => Promise<Answer>

async function inProcess<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const environment = {
    PATH: process.env['PATH'],
    TELLTALE_LOG_STDOUT: 'false',
    // One more than an instrument has here: that one is for what is beyond.
    TELLTALE_METRICS_CARDINALITY_LIMIT: '2001',
  }
  await using helper = await startHelper('metrics.mjs', {
    nodeArguments: ['--expose-gc'],
    environment,
  })
  const result = await work((part) => helper.ask(part))
  return result
}

async function scrapeOften(ask: Ask, before: string): Promise<Scrape[]> {
  // Node loads its fetch() at the first call, which would keep the machine busy during the first scrape.
  await fetch('data:,')
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
    const [ours, plain, bare] = [cost(`${kind}Ours`), cost(`${kind}Plain`), cost(`${kind}Bare`)]
    const yardstick = 'below 1: ours costs less'
    return [
      { key: `${kind}Nanos`, value: ours, unit: 'ns' },
      { key: `${kind}PlainNanos`, value: plain, unit: 'ns' },
      { key: `${kind}BareNanos`, value: bare, unit: 'ns' },
      { key: `${kind}ToBareRatio`, value: ours / bare, unit: '', yardstick },
      { key: `${kind}PlainToBareRatio`, value: plain / bare, unit: '', yardstick },
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

function scrapeFigures(name: string, [first, ...later]: readonly Scrape[]): Figure[] {
  const millis = later.map((each) => each.millis)
  const ranMillis = [first!, ...later].map((each) => each.ranMillis)
  const figure = (key: string, value: number): Figure => {
    return { key: `${name}${key}Millis`, value, unit: 'ms', yardstick: '10 ms at a stretch' }
  }
  return [
    figure('First', first!.millis),
    figure('Median', median(millis)),
    figure('Worst', Math.max(...millis)),
    figure('RanWorst', Math.max(...ranMillis)),
  ]
}
