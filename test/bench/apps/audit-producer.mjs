// A service that records audit events with this package; started with --import telltale/register.
import { audit, defineAuditEvent } from 'telltale'
import { serveOrders } from './audit-feeder.mjs'
import { toFields } from './audit-payload.mjs'

const event = defineAuditEvent({
  name: 'reward_claimed',
  action: 'claim_reward',
  targetType: 'quiz_submission',
})

serveOrders((number) => audit.record(event, toFields(number)))
