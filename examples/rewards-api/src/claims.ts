import type { FastifyBaseLogger } from 'fastify'
import type { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { audit } from 'telltale'
import { rewardClaimed } from './audit-events.ts'
import { AuthenticationError, type Identity } from './authentication.ts'
import type { ChainClient } from './chain-client.ts'
import {
  type Claim,
  findSubmission,
  markAudited,
  markPaid,
  releaseClaim,
  type Submission,
  takeClaim,
} from './database.ts'
import { type ClaimStatus, metrics, toAmountBucket } from './metrics.ts'
import { type Caller, toActor, toOrigin } from './caller.ts'
import { findSession } from './sessions.ts'
import { createUuidV7 } from './uuid-v7.ts'

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
  readonly caller: Caller
  readonly log: FastifyBaseLogger
}

/** What the claimant is told. */
export interface ClaimAnswer {
  readonly status: 'claimed' | 'already_claimed'
  readonly amount: string
  readonly txHash: string | null
  readonly auditRecordId: string
}

/** The claim is not possible; the message is for the claimant. */
export class ClaimError extends Error {
  override readonly name = 'ClaimError'
  readonly statusCode: 404 | 409 | 422

  constructor(statusCode: 404 | 409 | 422, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/**
 * Pays a reward once and records it once, however often it is asked.
 *
 * Each step is noted before the next begins (pending, paid, audited), and what must not differ
 * between attempts was fixed before the first. So a request that fails anywhere, or whose process
 * dies, can simply be sent again: it continues where the last one stopped.
 *
 * @throws {ClaimError | AuthenticationError | ChainError | AuditError} after which a repeat is safe
 */
export async function claimReward(parts: ClaimParts, request: ClaimRequest): Promise<ClaimAnswer> {
  const { quizId, identity } = request
  const submission = await findSubmission(parts.database, quizId, identity.userId)
  if (!submission) throw new ClaimError(404, 'you have not taken this quiz')
  if (!submission.passed) throw new ClaimError(422, 'you have not passed this quiz')

  const session = await findSession(parts.redis, identity.sessionId)
  if (session?.userId !== identity.userId) {
    throw new AuthenticationError('session ended', { userId: identity.userId })
  }

  if (submission.claim?.state === 'audited') return repeated(submission, submission.claim)
  const claim = await takeClaim(parts.database, {
    submissionId: submission.id,
    paymentId: crypto.randomUUID(),
    auditRecordId: createUuidV7(),
    stellarAddress: session.stellarAddress,
  })
  if (!claim) throw new ClaimError(409, 'this claim is being worked on; ask again in a moment')
  if (claim.state === 'audited') return repeated(submission, claim)

  try {
    return await finish(parts, request, submission, claim)
  } catch (error) {
    count('failed', submission)
    // If this fails as well, the claim is free again when its time is over.
    await releaseClaim(parts.database, claim.submissionId).catch((cause: unknown) => {
      request.log.warn({ err: cause }, 'claim not released')
    })
    throw error
  }
}

async function finish(
  { database, chain }: ClaimParts,
  { quizId, identity, caller, log }: ClaimRequest,
  submission: Submission,
  claim: Claim,
): Promise<ClaimAnswer> {
  const { submissionId, paymentId, auditRecordId, stellarAddress } = claim
  const amount = submission.reward
  let { txHash } = claim
  if (claim.state === 'pending') {
    const receipt = await chain.sendPayment({ paymentId, destination: stellarAddress, amount })
    txHash = receipt.hash
    await markPaid(database, submissionId, txHash)
    log.info({ userId: identity.userId, amount, txHash }, 'reward paid')
  }

  await audit.record(rewardClaimed, {
    id: auditRecordId,
    actor: toActor(identity.userId),
    target: { id: submissionId },
    ...toOrigin(caller),
    details: { quizId, amount, txHash, stellarAddress },
  })
  await markAudited(database, submissionId)
  log.info({ userId: identity.userId, submissionId, auditRecordId }, 'reward claimed')
  count('success', submission)
  return { status: 'claimed', amount, txHash, auditRecordId }
}

function repeated(submission: Submission, claim: Claim): ClaimAnswer {
  count('already_claimed', submission)
  const { txHash, auditRecordId } = claim
  return { status: 'already_claimed', amount: submission.reward, txHash, auditRecordId }
}

function count(status: ClaimStatus, submission: Submission): void {
  metrics.rewardClaims.add(1, { status, amount_bucket: toAmountBucket(submission.reward) })
}
