import type { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { counter, defineMetrics, histogram, observableGauge, upTo } from 'telltale'

/** How a claim can end. */
export type ClaimStatus = 'success' | 'already_claimed' | 'failed'

/** What a client sends is bounded: whatever a scanner tries must not become a series. */
const HTTP_LABELS = { method: upTo(10), route: upTo(100), status_code: upTo(60) }

/** What the chain is asked for. */
export type ChainMethod = (typeof CHAIN_METHODS)[number]

const CHAIN_METHODS = ['sendPayment', 'mintCredential'] as const

let dataStores: { readonly database: Pool; readonly redis: Redis } | undefined

/** Says which data stores the gauges are about. */
export function observeDataStores(database: Pool, redis: Redis): void {
  dataStores = { database, redis }
}

/** What this service counts and times; the names are those that its rules and dashboards ask for. */
export const metrics = defineMetrics({
  requests: counter({
    name: 'http_requests_total',
    description: 'HTTP requests answered.',
    labels: HTTP_LABELS,
  }),
  requestDuration: histogram({
    name: 'http_request_duration_seconds',
    unit: 's',
    description: 'Time from a request to the end of its answer.',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
    labels: HTTP_LABELS,
  }),
  chainTransactions: counter({
    name: 'stellar_transactions_total',
    description: 'Transactions sent to the Stellar chain.',
    labels: { method: CHAIN_METHODS, status: ['success', 'error'] },
  }),
  chainDuration: histogram({
    name: 'stellar_transaction_duration_seconds',
    unit: 's',
    description: 'Time the Stellar chain took to answer.',
    buckets: [0.5, 1, 2, 5, 10, 30],
    labels: { method: CHAIN_METHODS },
  }),
  rewardClaims: counter({
    name: 'reward_claims_total',
    description: 'Reward claims, by outcome and size.',
    labels: {
      status: ['success', 'already_claimed', 'failed'],
      amount_bucket: ['0-10', '10-50', '50-100', '100+'],
    },
  }),
  credentialsMinted: counter({
    name: 'credentials_minted_total',
    description: 'Credentials minted on the chain, by course.',
    labels: { course_id: upTo(1_000) },
  }),
  quizzesCompleted: counter({
    name: 'quizzes_completed_total',
    description: 'Quizzes that were handed in and marked.',
    labels: { passed: ['true', 'false'] },
  }),
  databaseConnections: observableGauge({
    name: 'db_active_connections',
    description: 'Database connections in use.',
    observe(observe) {
      const { database } = dataStores ?? {}
      if (database) observe(database.totalCount - database.idleCount)
    },
  }),
  redisConnected: observableGauge({
    name: 'redis_connected',
    description: 'Whether Redis is connected: 1 or 0.',
    observe: (observe) => observe(dataStores?.redis.status === 'ready' ? 1 : 0),
  }),
})

/** The size class of an amount; a label with an amount in it would have no end of values. */
export function toAmountBucket(amount: string): '0-10' | '10-50' | '50-100' | '100+' {
  const value = Number(amount)
  if (value < 10) return '0-10'
  if (value < 50) return '10-50'
  return value < 100 ? '50-100' : '100+'
}
