import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { readLogs } from './logs.ts'

// As many as Loki gives at once.
const LINES_OF_A_PAGE = 5_000
// More than a scenario makes.
const MOST_TRACES = 20_000

/**
 * Where texts were found that must be nowhere: in log files, in Loki, Jaeger and PostgreSQL. A place that cannot be looked
 * through as a whole is told as well.
 *
 * @param services - names of those that might have said them
 */
export async function findSecrets(
  secrets: readonly string[],
  services: readonly string[],
  logFiles: readonly string[],
  { loki, jaeger, postgresAuditor }: StackAddresses,
): Promise<string[]> {
  const places: [string, Place][] = []
  for (const file of logFiles) places.push([file, { text: await readFile(file, 'utf8') }])
  for (const service of services) {
    places.push([`Loki (${service})`, await readLoki(loki, service)])
    places.push([`Jaeger (${service})`, await readJaeger(jaeger, service)])
    const text = await readEvidence(postgresAuditor, service)
    places.push([`PostgreSQL (${service})`, { text }])
  }
  return places.flatMap(([place, { text, isPart = false }]) => [
    ...(text === '' ? [`${place}: there is nothing to look through`] : []),
    ...(isPart ? [`${place}: there is more than was looked through`] : []),
    ...secrets
      .filter((secret) => text.includes(secret))
      .map((secret) => `${place}: ${secret.slice(0, 6)}…`),
  ])
}

interface Place {
  readonly text: string
  readonly isPart?: boolean
}

/** Reads page by page; the lines of a page's last millisecond are in the next one again. */
async function readLoki(loki: string, service: string): Promise<Place> {
  const query = `{service="${service}"}`
  const pages: string[] = []
  let fromMillis = Date.now() - 3_600_000
  for (;;) {
    const lines = await readLogs(loki, { query, fromMillis, limit: LINES_OF_A_PAGE })
    if (lines.length > 0) pages.push(JSON.stringify(lines))
    const last = Math.floor(lines.at(-1)?.timeMillis ?? 0)
    if (lines.length < LINES_OF_A_PAGE) return { text: pages.join('\n') }
    if (last <= fromMillis) return { text: pages.join('\n'), isPart: true }
    fromMillis = last
  }
}

async function readJaeger(jaeger: string, service: string): Promise<Place> {
  const response = await fetch(`${jaeger}/api/traces?service=${service}&limit=${MOST_TRACES}`)
  if (!response.ok) throw new Error(`Jaeger answered ${response.status}`)
  const { data } = (await response.json()) as { readonly data: readonly object[] }
  const text = data.length === 0 ? '' : JSON.stringify(data)
  return { text, isPart: data.length >= MOST_TRACES }
}

async function readEvidence(url: string, service: string): Promise<string> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ text: string | null }>(
      `SELECT string_agg(convert_from(evidence, 'UTF8') || details::text, '') AS text
       FROM audit.records WHERE service_name = $1`,
      [service],
    )
    return rows[0]?.text ?? ''
  } finally {
    await client.end()
  }
}
