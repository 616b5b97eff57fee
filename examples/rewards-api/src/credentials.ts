import { audit } from 'telltale'
import { credentialMinted } from './audit-events.ts'
import { carryOut, describeOrder } from './chain-orders.ts'
import type { ClaimParts, ClaimRequest } from './claims.ts'
import { metrics } from './metrics.ts'
import { quizzesOf } from './quizzes.ts'
import { Refusal } from './refusal.ts'
import { requireSession } from './sessions.ts'
import { findPassed } from './submissions-table.ts'

/** Somebody asks for the credential of a course. */
export interface MintRequest extends Omit<ClaimRequest, 'quizId'> {
  readonly courseId: string
}

/** What they are told. */
export interface MintAnswer {
  readonly status: 'minted' | 'already_minted'
  readonly credentialId: string
  readonly txHash: string
  readonly auditRecordId: string
}

/**
 * Mints the credential of a course once for each user who has passed all of its quizzes, and records it once.
 *
 * @throws {Refusal | AuthenticationError | ChainError | AuditError} after which a repeat is safe
 */
export async function mintCredential(
  { database, redis, chain }: ClaimParts,
  { courseId, identity, log }: MintRequest,
): Promise<MintAnswer> {
  const { userId } = identity
  const quizIds = quizzesOf(courseId)
  if (quizIds.length === 0) throw new Refusal(404, 'there is no such course')
  const passed = await findPassed(database, userId, quizIds)
  if (passed.length < quizIds.length) {
    throw new Refusal(422, 'you have not passed all quizzes of this course')
  }
  const { stellarAddress } = await requireSession(redis, identity)

  const { order, isNew } = await carryOut(
    { database, log },
    {
      subjectId: `credential:${courseId}:${userId}`,
      stellarAddress,
      send: async ({ orderId: credentialId, stellarAddress: destination }) =>
        chain.mintCredential({ credentialId, destination, courseId }),
      async record(sent) {
        const { auditRecordId, orderId: credentialId, txHash } = sent
        await audit.record(credentialMinted, {
          id: auditRecordId,
          target: { id: courseId },
          details: { credentialId, ...describeOrder(sent) },
        })
        log.info({ userId, courseId, credentialId, txHash, auditRecordId }, 'credential minted')
      },
    },
  )
  if (isNew) metrics.credentialsMinted.add(1, { course_id: courseId })
  const { orderId, txHash, auditRecordId } = order
  const status = isNew ? 'minted' : 'already_minted'
  return { status, credentialId: orderId, txHash, auditRecordId }
}
