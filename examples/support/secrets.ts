import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { readLogs } from './logs.ts'

/**
 * Where texts were found that must be nowhere: in log files, in Loki, Jaeger and PostgreSQL.
 *
 * @param services - names of those that might have said them
 */
export async function findSecrets(
  secrets: readonly string[],
  services: readonly string[],
  logFiles: readonly string[],
  { loki, jaeger, postgresAuditor }: StackAddresses,
): Promise<string[]> {
  const places: [string, string][] = []
  for (const file of logFiles) places.push([file, await readFile(file, 'utf8')])
  for (const service of services) {
    const lines = await readLogs(loki, { query: `{service="${service}"}` })
    places.push([`Loki (${service})`, JSON.stringify(lines)])
    const traces = await fetch(`${jaeger}/api/traces?service=${service}&limit=1000`)
    places.push([`Jaeger (${service})`, await traces.text()])
    places.push([`PostgreSQL (${service})`, await readEvidence(postgresAuditor, service)])
  }
  return places.flatMap(([place, text]) =>
    secrets
      .filter((secret) => text.includes(secret))
      .map((secret) => `${place}: ${secret.slice(0, 6)}…`),
  )
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
