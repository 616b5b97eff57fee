import type { CheckFigure, CheckStatus } from './check-result.ts'

/** What asks: a person or monitor, a load balancer, or whoever restarts what is stuck. */
export type Probe = 'health' | 'ready' | 'live'

/** One check as of now. */
export interface CheckReport {
  /** `starting` until its first run has ended. */
  readonly status: CheckStatus | 'starting'
  readonly message?: string
  readonly figures: Readonly<Record<string, CheckFigure>>
  /** Age of the result; missing while there is none. */
  readonly ageSeconds?: number
}

/** Everything that an answer is made of. */
export interface HealthReport {
  /** The worst of the checks; `draining` once the process was told to end. */
  readonly status: CheckStatus | 'starting' | 'draining'
  /** In the order in which they were declared, or asked for. */
  readonly checks: Readonly<Record<string, CheckReport>>
  readonly timestamp: Date
  /** Version of the service, where it is known. */
  readonly version: string | undefined
}

const FROM_BAD_TO_GOOD = ['unhealthy', 'starting', 'degraded', 'healthy'] as const

/** The status that checks add up to: the worst of them. */
export function worstOf(checks: Iterable<CheckReport>): HealthReport['status'] {
  const found = new Set([...checks].map(({ status }) => status))
  return FROM_BAD_TO_GOOD.find((status) => found.has(status)) ?? 'healthy'
}

/** Whether requests may come: what is degraded still answers them. */
export function isFine(status: HealthReport['status']): boolean {
  return status === 'healthy' || status === 'degraded'
}
