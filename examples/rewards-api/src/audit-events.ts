import { defineAuditEvent } from 'telltale'

/** A reward was paid, once; `details` say how much, to whom and in which transaction. */
export const rewardClaimed = defineAuditEvent({
  name: 'reward_claimed',
  action: 'claim_reward',
  targetType: 'quiz_submission',
})

/** Somebody did not prove who they are. */
export const authenticationFailed = defineAuditEvent({
  name: 'authentication_failed',
  action: 'authenticate',
  targetType: 'route',
})
