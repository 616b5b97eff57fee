import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { checkAuditEvent, checkLog, checkQuery, checkTrace } from './check-back-ends.ts'
import { checkMetric } from './check-metric.ts'
import { type Evidence, type Finding, type Promised, toFindingKind } from './contract.ts'
import { type Family, parseFamilies } from './families.ts'
import { toReason } from './reason.ts'
import type { Attempts, Example } from './stage.ts'

/** Answers why something promised is not there; nothing when it is. */
type Look<Kind extends Promised['kind']> = (
  promised: Extract<Promised, { readonly kind: Kind }>,
) => Promise<string | undefined>

type Lookers = { readonly [Kind in Promised['kind']]: Look<Kind> }

/** Looks for everything an example was promised to have, in the back ends and in what its scenario brought. */
export async function findPromised(
  { name: example, contract }: Example,
  evidence: Evidence,
  attempts: Attempts,
  addresses: StackAddresses,
): Promise<Finding[]> {
  const lookers = createLookers(
    evidence,
    await scrapeAll(evidence.metricsUrls),
    attempts,
    addresses,
  )
  const findings: Finding[] = []
  // One after the other: all at once they would compete with what they wait for.
  for (const promised of contract) {
    const reason = await (lookers[promised.kind] as Look<Promised['kind']>)(promised).catch(
      toReason,
    )
    const finding = { example, kind: toFindingKind(promised), name: promised.name }
    findings.push(
      reason === undefined ? { ...finding, found: true } : { ...finding, found: false, reason },
    )
  }
  return findings
}

function createLookers(
  { metricsUrls, services, traces = {}, healthChecks = {} }: Evidence,
  scraped: ReadonlyMap<string, ReadonlyMap<string, Family>>,
  attempts: Attempts,
  addresses: StackAddresses,
): Lookers {
  const main = Object.keys(metricsUrls)[0] ?? ''
  return {
    metric: async (promised) => {
      const families = scraped.get(promised.process ?? main)
      return families ? checkMetric(promised, families) : 'nothing was scraped for it'
    },
    auditEvent: async (promised) => checkAuditEvent(promised, services, addresses),
    log: async (promised) => checkLog(promised, addresses),
    trace: async (promised) => {
      const traceId = traces[promised.name]
      if (traceId === undefined) return 'the scenario named no trace'
      return checkTrace(promised, traceId, addresses)
    },
    healthCheck: async ({ name }) => {
      const state = healthChecks[name] ?? 'not given'
      return state === 'healthy' ? undefined : `its state is ${state}`
    },
    setting: async ({ name }) =>
      attempts.has(name) ? attempts.get(name) : 'the scenario did not try it',
    query: async (promised) => checkQuery(promised, addresses),
  }
}

async function scrapeAll(
  urls: Readonly<Record<string, string>>,
): Promise<Map<string, ReadonlyMap<string, Family>>> {
  const scraped = new Map<string, ReadonlyMap<string, Family>>()
  for (const [process, url] of Object.entries(urls)) {
    const response = await fetch(url)
    scraped.set(process, parseFamilies(await response.text()))
  }
  return scraped
}
