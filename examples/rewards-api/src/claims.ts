import type { FastifyBaseLogger } from 'fastify'
import type { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { audit } from 'telltale'
import { rewardClaimed } from './audit-events.ts'
import type { Identity } from './authentication.ts'
import type { ChainClient } from './chain-client.ts'
import { carryOut, describeOrder, type OrderPlan } from './chain-orders.ts'
import { type ClaimStatus, metrics, toAmountBucket } from './metrics.ts'
import { isAudited, type SentOrder } from './orders-table.ts'
import { Refusal } from './refusal.ts'
import { requireSession, type Session } from './sessions.ts'
import { findSubmission, type Submission } from './submissions-table.ts'

/** What a claim needs to be carried out. */
export interface ClaimParts {
  readonly database: Pool
  readonly redis: Redis
  readonly chain: ChainClient
}

/** Somebody claims the reward for a quiz. */
export interface ClaimRequest {
  readonly quizId: string
  readonly identity: Identity
  readonly log: FastifyBaseLogger
}

/** What the claimant is told. */
export interface ClaimAnswer {
  readonly status: 'claimed' | 'already_claimed'
  readonly amount: string
  readonly txHash: string
  readonly auditRecordId: string
}

/**
 * Pays a reward once and records it once, however often it is asked.
 *
 * @throws {Refusal | AuthenticationError | ChainError | AuditError} after which a repeat is safe
 */
export async function claimReward(parts: ClaimParts, request: ClaimRequest): Promise<ClaimAnswer> {
  const { database, redis } = parts
  const { quizId, identity, log } = request
  const submission = await findSubmission(database, quizId, identity.userId)
  if (!submission) throw new Refusal(404, 'you have not taken this quiz')
  if (!submission.passed) throw new Refusal(422, 'you have not passed this quiz')
  const session = await requireSession(redis, identity)

  const { claim } = submission
  if (isAudited(claim)) return conclude(submission, claim, 'already_claimed')
  try {
    const plan = toPlan(parts, request, submission, session)
    const { order, isNew } = await carryOut({ database, log }, plan)
    return conclude(submission, order, isNew ? 'claimed' : 'already_claimed')
  } catch (error) {
    if (!(error instanceof Refusal)) count('failed', submission)
    throw error
  }
}

function toPlan(
  { chain }: ClaimParts,
  { quizId, identity: { userId }, log }: ClaimRequest,
  { id: submissionId, reward: amount }: Submission,
  { stellarAddress }: Session,
): OrderPlan {
  return {
    subjectId: submissionId,
    stellarAddress,
    async send(order) {
      const payment = { paymentId: order.orderId, destination: order.stellarAddress, amount }
      const receipt = await chain.sendPayment(payment)
      log.info({ userId, amount, txHash: receipt.hash }, 'reward paid')
      return receipt
    },
    async record(order) {
      const { auditRecordId, txHash } = order
      await audit.record(rewardClaimed, {
        id: auditRecordId,
        target: { id: submissionId },
        details: { quizId, amount, ...describeOrder(order) },
      })
      log.info({ userId, amount, submissionId, txHash, auditRecordId }, 'reward claimed')
    },
  }
}

function conclude(
  submission: Submission,
  { txHash, auditRecordId }: SentOrder,
  status: ClaimAnswer['status'],
): ClaimAnswer {
  count(status === 'claimed' ? 'success' : status, submission)
  return { status, amount: submission.reward, txHash, auditRecordId }
}

function count(status: ClaimStatus, { reward }: Submission): void {
  metrics.rewardClaims.add(1, { status, amount_bucket: toAmountBucket(reward) })
}
