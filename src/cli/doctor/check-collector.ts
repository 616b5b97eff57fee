import { AUDIT_FORMAT } from '../../audit/delivery/receipt.ts'
import { readTls, resolveTarget, toShownUrl } from '../../otlp/target.ts'
import type { Status } from '../../handle.ts'
import type { Examination } from './examination.ts'
import { fine, found, type Finding } from './findings.ts'
import type { SentByProbe } from './probe.ts'
import { reach, type Address, type Reached } from './reach.ts'

/** The three ways out of a service. */
export type Way = 'traces' | 'logs' | 'audit'

/** What there is at the end of each way that is in use. */
export type Ends = Readonly<Partial<Record<Way, Reached & { readonly url: string }>>>

/** Clocks may differ by this much before it matters to whoever reads traces; the Date header is whole seconds. */
const MAX_SKEW_MILLIS = 10_000

/**
 * Asks at every address that telemetry and audit records go to.
 *
 * @param status - of the process; options in code may have changed the addresses
 */
export async function reachAll(
  examination: Examination,
  status: Status | undefined,
): Promise<Ends> {
  const { settings } = examination
  const addresses = new Map<Way, Address>()
  for (const signal of ['traces', 'logs'] as const) {
    const { exporters } = signal === 'traces' ? settings.tracing : settings.logging
    const target = resolveTarget(settings.otlp, signal, [])
    const url = status?.[signal] ?? (exporters?.includes('otlp') ? target.url : undefined)
    // What people are shown lacks the query that the address may need.
    const isSame = url !== undefined && url === toShownUrl(target.url)
    if (url?.startsWith('http'))
      addresses.set(signal, { ...target, url: isSame ? target.url : url })
  }
  addresses.set('audit', auditAddress(examination, status?.audit))
  const reached = [...addresses].map(async ([way, address]) => {
    const end = { ...(await reach(address)), url: toShownUrl(address.url) }
    return [way, end] as const
  })
  return Object.fromEntries(await Promise.all(reached))
}

function auditAddress({ settings }: Examination, shown: string | undefined): Address {
  const { audit, otlp } = settings
  const base = audit.endpoint ?? besides(otlp.endpoint)
  const tls = readTls(
    {
      certificateFile: audit.certificateFile ?? otlp.certificateFile,
      clientKeyFile: audit.clientKeyFile ?? otlp.clientKeyFile,
      clientCertificateFile: audit.clientCertificateFile ?? otlp.clientCertificateFile,
    },
    [],
  )
  return {
    url: shown ?? `${base.replace(/\/+$/, '')}/v1/logs`,
    headers: {
      'content-type': 'application/x-protobuf',
      'telltale-audit-format': AUDIT_FORMAT,
      ...(audit.token !== undefined && { authorization: `Bearer ${audit.token}` }),
    },
    tls,
  }
}

function besides(endpoint: string): string {
  const url = new URL(endpoint)
  url.port = '4319'
  url.pathname = ''
  return url.href
}

/**
 * What is wrong at the ends of the ways.
 *
 * @param sent - what the process of the application got through; it may know a token that the environment does not
 */
export function checkEnds(
  examination: Examination,
  ends: Ends,
  sent: SentByProbe | undefined,
  failures: ReadonlyMap<'traces' | 'logs', string>,
): Finding[] {
  const telemetry = (['traces', 'logs'] as const).filter((way) => ends[way])
  const groups = Map.groupBy(telemetry, (way) => {
    const { problem, url } = ends[way]!
    return problem && `${new URL(url).origin} ${problem.code}`
  })
  const findings = [...groups].flatMap(([key, ways]): Finding[] => {
    const { url, problem } = ends[ways[0]!]!
    if (key === undefined || !problem) {
      return ways.map((way) => fine(way, `${way} are taken at ${ends[way]!.url}`))
    }
    const isLetIn = sent && ways.every((way) => !failures.has(way))
    if (problem.code === 'collector-unauthorized' && isLetIn) return []
    return [found(problem.code, `${ways.join(' and ')}, ${url}: ${problem.what}`)]
  })
  return [...findings, ...checkAudit(examination, ends.audit, sent), ...checkClock(ends)]
}

function checkAudit(
  { settings }: Examination,
  end: Ends['audit'],
  sent: SentByProbe | undefined,
): Finding[] {
  if (!end) return []
  if (sent?.recordId !== undefined) {
    return [fine('audit', `an audit record was committed by ${end.url}`)]
  }
  const { problem, url } = end
  const { token, endpoint } = settings.audit
  if (problem?.code === 'collector-unauthorized') {
    return token === undefined
      ? [found('audit-token-missing', `${url}: ${problem.what}`)]
      : [found('audit-token-refused', `${url}: ${problem.what}`)]
  }
  if (problem) {
    const isMeant = endpoint !== undefined || token !== undefined
    const code = isMeant ? problem.code : 'audit-not-set-up'
    return [found(code, `audit records, ${url}: ${problem.what}`)]
  }
  if (sent?.auditProblem !== undefined) {
    const lacksReceipt = end.headers['telltale-audit-format'] === undefined
    const code = lacksReceipt ? 'audit-no-receipt' : 'audit-not-committed'
    return [found(code, `${url}: ${sent.auditProblem}`)]
  }
  return [fine('audit', `something answers at ${url}`)]
}

function checkClock(ends: Ends): Finding[] {
  const skews = Object.values(ends).flatMap(({ aheadMillis }) => aheadMillis ?? [])
  const worst = skews.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0]
  if (worst === undefined) return []
  if (Math.abs(worst) <= MAX_SKEW_MILLIS) {
    return [fine('clock', "the Collector's clock is as ours")]
  }
  const seconds = Math.round(Math.abs(worst) / 1_000)
  const where = worst > 0 ? 'ahead of' : 'behind'
  return [found('clock-skew', `the Collector's clock is ${seconds} s ${where} ours`)]
}
