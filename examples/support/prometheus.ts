import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { eventually } from './eventually.ts'

/** One series of an answer. */
export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

/** Asks Prometheus for the values at this moment. NaN, which a rate over nothing comes to, is no value. */
export async function askPrometheus(base: string, query: string): Promise<PrometheusSample[]> {
  const url = new URL('/api/v1/query', base)
  url.searchParams.set('query', query)
  const response = await fetch(url)
  const { data, error } = (await response.json()) as {
    readonly data?: {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>
        readonly value: readonly [number, string]
      }[]
    }
    readonly error?: string
  }
  if (!data) throw new Error(`Prometheus answered: ${error}`)
  return data.result
    .filter(({ value }) => value[1] !== 'NaN')
    .map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
}

/** Waits until Prometheus has scraped what a query asks for: whatever changes from then on, it sees change. */
export async function untilScraped({ prometheus }: StackAddresses, query: string): Promise<void> {
  if (prometheus === null) throw new Error('this stack has no Prometheus')
  await eventually(
    `an answer of Prometheus to ${query}`,
    async () => askPrometheus(prometheus, query),
    (samples) => samples.length > 0,
    { withinMillis: 60_000, everyMillis: 500 },
  )
}
