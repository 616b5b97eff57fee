import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { checkAuditEvent, checkLog, checkQuery, checkTrace } from './check-back-ends.ts'
import { checkMetric } from './check-metric.ts'
import {
  type Evidence,
  type Finding,
  type Promised,
  type PromisedMetric,
  toFindingKind,
} from './contract.ts'
import { eventually, type Patience } from './eventually.ts'
import { parseFamilies } from './families.ts'
import { toReason } from './reason.ts'
import type { Attempts, Example, HealthStates } from './stage.ts'

/** What the scenario itself has seen. */
export interface Seen {
  readonly attempts: Attempts
  readonly healthStates: HealthStates
}

/** Answers why something promised is not there; nothing when it is. */
type Look<Kind extends Promised['kind']> = (
  promised: Extract<Promised, { readonly kind: Kind }>,
) => Promise<string | undefined>

type Lookers = { readonly [Kind in Promised['kind']]: Look<Kind> }

/** Looks for everything an example was promised to have, in the back ends and in what its scenario brought. */
export async function findPromised(
  { name: example, contract }: Example,
  evidence: Evidence,
  seen: Seen,
  addresses: StackAddresses,
): Promise<Finding[]> {
  const lookers = createLookers(evidence, seen, addresses, createPatience())
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

/** All that was sent has one minute to arrive; what is looked for later must be there, or nearly. */
function createPatience(): () => Patience {
  const deadline = performance.now() + 60_000
  return () => ({
    withinMillis: Math.max(deadline - performance.now(), 5_000),
    everyMillis: 250,
  })
}

function createLookers(
  { metricsUrls, services, traces = {} }: Evidence,
  { attempts, healthStates }: Seen,
  addresses: StackAddresses,
  patience: () => Patience,
): Lookers {
  const main = Object.keys(metricsUrls)[0] ?? ''
  return {
    metric: async (promised) => {
      const url = metricsUrls[promised.process ?? main]
      return url === undefined ? 'nothing is scraped for it' : lookAt(promised, url, patience())
    },
    auditEvent: async (promised) => checkAuditEvent(promised, services, addresses, patience()),
    log: async (promised) => checkLog(promised, addresses, patience()),
    trace: async (promised) => {
      const traceId = traces[promised.name]
      if (traceId === undefined) return 'the scenario named no trace'
      return checkTrace(promised, traceId, addresses, patience())
    },
    healthCheck: async ({ name }) => problemOfHealthCheck(healthStates.get(name)),
    setting: async ({ name }) =>
      attempts.has(name) ? attempts.get(name) : 'the scenario did not try it',
    query: async (promised) => checkQuery(promised, addresses, patience()),
  }
}

/** A check that says healthy whatever happens is none. */
export function problemOfHealthCheck(states: ReadonlySet<string> = new Set()): string | undefined {
  if (states.size === 0) return 'no answer had it'
  if (!states.has('healthy')) return 'it was never seen healthy'
  return states.size === 1 ? 'it was never seen otherwise than healthy' : undefined
}

/** A job may be about to set it: scrapes until it is as promised. */
async function lookAt(
  promised: PromisedMetric,
  url: string,
  patience: Patience,
): Promise<string | undefined> {
  let reason: string | undefined
  try {
    await eventually(
      promised.name,
      async () => {
        const response = await fetch(url)
        reason = checkMetric(promised, parseFamilies(await response.text()))
      },
      () => reason === undefined,
      patience,
    )
    return undefined
  } catch (error) {
    return reason ?? toReason(error)
  }
}
