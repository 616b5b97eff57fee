import { defineAuditEvent } from 'telltale'
import { z } from 'zod'

// Numbers of JavaScript would round it.
const amount = z.string().regex(/^\d{1,13}(\.\d{1,7})?$/)
const stellarAddress = z.string().regex(/^G[A-Z2-7]{55}$/)

/** The way of an order: when it was asked for, and when and how the chain did it. */
const order = {
  orderId: z.uuid(),
  orderedAt: z.date(),
  stellarAddress,
  txHash: z.string(),
  ledger: z.int(),
  sentAt: z.date(),
}

/** A reward was paid, once; `details` say how much, to whom and in which transaction. */
export const rewardClaimed = defineAuditEvent({
  name: 'reward_claimed',
  action: 'claim_reward',
  targetType: 'quiz_submission',
  details: z.object({ quizId: z.string(), amount, ...order }),
})

/** Somebody handed in a quiz, and it was marked. */
export const quizSubmitted = defineAuditEvent({
  name: 'quiz_submitted',
  action: 'submit_quiz',
  targetType: 'quiz_submission',
  details: z.object({ quizId: z.string(), correct: z.int(), passed: z.boolean() }),
})

/** A credential for a course was minted, once. */
export const credentialMinted = defineAuditEvent({
  name: 'credential_minted',
  action: 'mint_credential',
  targetType: 'course',
  details: z.object({ credentialId: z.uuid(), ...order }),
})

/** The chain did not do what it was asked for: a reward is not paid, a credential not minted, until somebody asks again. */
export const transactionFailed = defineAuditEvent({
  name: 'transaction_failed',
  action: 'send_transaction',
  targetType: 'chain_order',
  details: z.object({
    subjectId: z.string(),
    orderedAt: z.date(),
    stellarAddress,
    reason: z.string(),
  }),
})

/** Somebody did not prove who they are; the address is that of the wallet they would have acted for, where that is known. */
export const authenticationFailed = defineAuditEvent({
  name: 'authentication_failed',
  action: 'authenticate',
  targetType: 'route',
  details: z.object({ reason: z.string(), stellarAddress: stellarAddress.optional() }),
})
