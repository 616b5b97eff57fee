import { setTimeout as sleep } from 'node:timers/promises'
import { untilAborted } from '../../core/until-aborted.ts'
import { toReason } from '../../core/errors.ts'
import type { CommandContext } from '../command.ts'
import { withPostgres } from '../connect-postgres.ts'
import { fine, found, type Finding, type FindingCode } from './findings.ts'
import type { SentByProbe } from './probe.ts'

/** Where to look for what was sent; what is not given is not asked. */
export interface BackEnds {
  readonly jaeger: string | undefined
  readonly loki: string | undefined
  readonly postgres: string | undefined
}

const LOOK_MILLIS = 30_000
const REQUEST_MILLIS = 5_000
const PAUSE_MILLIS = 500
const TENANT = 'default'

/** Why the SDK could not send something, by signal: it says so once, on stderr. */
export function readFailures(said: readonly string[]): Map<'traces' | 'logs', string> {
  return new Map(
    said.flatMap((line) => {
      const failure = /^(traces|logs) cannot be exported to \S+: (.*); what is lost counts/.exec(
        line,
      )
      return failure ? [[failure[1] as 'traces' | 'logs', failure[2]!] as const] : []
    }),
  )
}

/** What the process could not send although the address seemed right. */
export function checkSent(
  sent: SentByProbe,
  failures: ReadonlyMap<'traces' | 'logs', string>,
): Finding[] {
  const taken = ['traces', 'logs'].filter((signal) => !failures.has(signal as 'traces'))
  const codes = { traces: 'span-not-sent', logs: 'log-not-sent' } as const
  const what = sent.isSampled ? taken : taken.filter((signal) => signal !== 'traces')
  return [
    ...[...failures].map(([signal, reason]) => found(codes[signal], reason)),
    ...(what.length > 0
      ? [fine('sent', `${what.join(' and ')} of a real process were taken`)]
      : []),
  ]
}

/** Looks for what was sent in the back ends that were named. */
export async function checkBackEnds(
  sent: SentByProbe,
  backEnds: BackEnds,
  env: CommandContext['env'],
): Promise<Finding[]> {
  const { jaeger, loki, postgres } = backEnds
  const { traceId, recordId } = sent
  const looks: Promise<Finding>[] = []
  if (jaeger !== undefined && sent.isSampled) {
    const url = `${jaeger.replace(/\/+$/, '')}/api/v3/traces/${traceId}`
    const isThere = async (): Promise<boolean> => (await ask(url)).includes(traceId)
    looks.push(lookFor(isThere, 'span-not-found', `trace ${traceId} in Jaeger`))
  }
  if (loki !== undefined) {
    const query = `{service=~".+"} | trace_id="${traceId}"`
    const url = `${loki.replace(/\/+$/, '')}/loki/api/v1/query_range?query=${encodeURIComponent(query)}`
    const isThere = async (): Promise<boolean> =>
      (await ask(url)).includes('telltale doctor was here')
    looks.push(lookFor(isThere, 'log-not-found', `log record of trace ${traceId} in Loki`))
  }
  if (postgres !== undefined && recordId !== undefined) {
    const isThere = (): Promise<boolean> =>
      withPostgres(postgres, env, async (client) => {
        const text = 'SELECT 1 FROM audit.records WHERE record_id = $1'
        const query = { text, values: [recordId], query_timeout: REQUEST_MILLIS }
        return (await client.query(query)).rowCount === 1
      })
    looks.push(lookFor(isThere, 'audit-not-found', `audit record ${recordId} in PostgreSQL`))
  }
  return Promise.all(looks)
}

async function lookFor(
  isThere: () => Promise<boolean>,
  code: FindingCode,
  what: string,
): Promise<Finding> {
  const deadline = Date.now() + LOOK_MILLIS
  let reason: string | undefined
  for (;;) {
    const left = AbortSignal.timeout(Math.max(1, deadline - Date.now()))
    try {
      if (await untilAborted(isThere(), left, () => 'no answer in time'))
        return fine('back-end', `read back: ${what}`)
      reason = 'it is not there'
    } catch (error) {
      // A last look that was cut short says less than the one before it.
      if (reason === undefined || !left.aborted) reason = toReason(error)
    }
    if (Date.now() >= deadline) return found(code, `${what}: ${reason}`)
    await sleep(PAUSE_MILLIS)
  }
}

async function ask(url: string): Promise<string> {
  const signal = AbortSignal.timeout(REQUEST_MILLIS)
  const answer = await fetch(url, { headers: { 'X-Scope-OrgID': TENANT }, signal })
  return answer.text()
}
