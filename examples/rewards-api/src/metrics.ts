import { type Attributes, metrics } from '@opentelemetry/api'

const meter = metrics.getMeter('rewards-api')

/** Requests by what was asked and how it ended; `route` is the template, never the raw URL. */
export const requests = meter.createCounter('http_requests_total', {
  description: 'HTTP requests answered.',
})

/** How long requests took. */
export const requestDuration = meter.createHistogram('http_request_duration_seconds', {
  description: 'Time from a request to the end of its answer.',
  unit: 's',
  advice: { explicitBucketBoundaries: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10] },
})

/** Transactions sent to the chain, by JSON-RPC method and `success` or `error`. */
export const chainTransactions = meter.createCounter('stellar_transactions_total', {
  description: 'Transactions sent to the Stellar chain.',
})

/** How long the chain took to answer. */
export const chainDuration = meter.createHistogram('stellar_transaction_duration_seconds', {
  description: 'Time the Stellar chain took to answer.',
  unit: 's',
  advice: { explicitBucketBoundaries: [0.5, 1, 2, 5, 10, 30] },
})

/** Claims by how they ended and how much was at stake. */
export const rewardClaims = meter.createCounter('reward_claims_total', {
  description: 'Reward claims, by outcome and size.',
})

/** How a claim can end, as `reward_claims_total` says it. */
export type ClaimStatus = 'success' | 'already_claimed' | 'failed'

const claimStatuses: readonly ClaimStatus[] = ['success', 'already_claimed', 'failed']
const amountBuckets = ['0-10', '10-50', '50-100', '100+'] as const

/** The size class of an amount; a label with an amount in it would have no end of values. */
export function toAmountBucket(amount: string): (typeof amountBuckets)[number] {
  const value = Number(amount)
  if (value < 10) return '0-10'
  if (value < 50) return '10-50'
  return value < 100 ? '50-100' : '100+'
}

/** Makes every series whose labels are known exist at 0: `increase()` does not see a counter born at 1. */
export function startCountersAtZero(): void {
  for (const status of claimStatuses) {
    for (const amount_bucket of amountBuckets) rewardClaims.add(0, { status, amount_bucket })
  }
  for (const status of ['success', 'error']) {
    chainTransactions.add(0, { method: 'sendPayment', status })
  }
}

/** Reads a value whenever somebody scrapes. */
export function observeGauge(name: string, description: string, read: () => number): void {
  const noLabels: Attributes = {}
  meter
    .createObservableGauge(name, { description })
    .addCallback((result) => result.observe(read(), noLabels))
}
