/** A service whose audit trail is attacked: records what it is told to and ends. */
import { audit, defineAuditEvent } from 'telltale'

const RECORDS = Number(process.argv[2])

const claimed = defineAuditEvent<{ amount: string; email: string }>({
  name: 'reward_claimed',
  action: 'claim_reward',
  targetType: 'quiz_submission',
  erasable: ['email'],
})

for (let number = 1; number <= RECORDS; number += 1) {
  // Some at once, so that they share seals; then a pause, so that there are several.
  const records = Array.from({ length: 10 }, (_, index) =>
    audit.record(claimed, {
      actor: { id: index % 2 === 0 ? 'alice' : 'bob', type: 'user' },
      outcome: index % 5 === 0 ? 'failure' : 'success',
      target: { id: `quiz-${number}-${index}` },
      source: { id: '192.0.2.7' },
      tenantId: 'tenant-1',
      requestId: `request-${number}`,
      userAgent: 'tamper/1',
      durability: 'stored',
      details: { amount: '12.5000000', email: `user-${number}-${index}@example.com` },
    }),
  )
  await Promise.all(records)
}
