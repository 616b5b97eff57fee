/** One log line, as Loki has it. */
export interface LogLine {
  readonly timeMillis: number
  readonly message: string
  /** Stream labels and structured metadata together. */
  readonly fields: Readonly<Record<string, string>>
}

/** Which lines to read. */
export interface LogQuery {
  /** LogQL. */
  readonly query: string
  /** Loki keeps tenants apart; records without one belong to `default`. */
  readonly tenant?: string
  readonly sinceMillis?: number
  /** From then on, in milliseconds since 1970, in the place of `sinceMillis`. */
  readonly fromMillis?: number
  /** How many lines at the most; Loki gives no more than 5 000. */
  readonly limit?: number
}

/** Reads log lines from Loki, oldest first. */
export async function readLogs(
  lokiUrl: string,
  {
    query,
    tenant = 'default',
    sinceMillis = 3_600_000,
    fromMillis = Date.now() - sinceMillis,
    limit = 1_000,
  }: LogQuery,
): Promise<LogLine[]> {
  const url = new URL('/loki/api/v1/query_range', lokiUrl)
  url.searchParams.set('query', query)
  url.searchParams.set('start', `${Math.floor(fromMillis)}000000`)
  url.searchParams.set('limit', String(limit))
  url.searchParams.set('direction', 'forward')
  const response = await fetch(url, { headers: { 'x-scope-orgid': tenant } })
  const text = await response.text()
  if (!response.ok) throw new Error(`Loki answered ${response.status}: ${text}`)
  const answer: LokiAnswer = JSON.parse(text)
  return answer.data.result
    .flatMap(({ stream, values }) =>
      values.map(([unixNano, message]) => ({
        timeMillis: Number(BigInt(unixNano) / 1_000n) / 1_000,
        message,
        fields: stream,
      })),
    )
    .sort((a, b) => a.timeMillis - b.timeMillis)
}

interface LokiAnswer {
  readonly data: {
    readonly result: readonly {
      readonly stream: Readonly<Record<string, string>>
      readonly values: readonly (readonly [unixNano: string, line: string])[]
    }[]
  }
}
