import type { FastifyBaseLogger } from 'fastify'
import type { Pool } from 'pg'
import { audit } from 'telltale'
import { transactionFailed } from './audit-events.ts'
import type { Receipt } from './chain-client.ts'
import {
  isAudited,
  isSent,
  markAudited,
  markSent,
  type Order,
  releaseOrder,
  type SentOrder,
  takeOrder,
} from './orders-table.ts'
import { Refusal } from './refusal.ts'
import { createUuidV7 } from './uuid-v7.ts'

/** Something that the chain is to do once, and that is to be recorded once. */
export interface OrderPlan {
  /** What it is for: there is one order for each subject. */
  readonly subjectId: string
  /** The wallet that gets it. */
  readonly stellarAddress: string
  /** Has the chain do it; the chain does it once for each order id. */
  send(order: Order): Promise<Receipt>
  /** Records it under the audit record id of the order. */
  record(order: SentOrder): Promise<void>
}

/** What came of a request for it. */
export interface OrderResult {
  readonly order: SentOrder
  /** Whether it was this request that finished it. */
  readonly isNew: boolean
}

/**
 * Carries out an order once and records it once, however often it is asked.
 *
 * Each step is noted before the next begins (pending, sent, audited), and what must not differ between attempts was fixed before
 * the first. So a request that fails anywhere, or whose process dies, can simply be sent again: it continues where the last one
 * stopped.
 *
 * @throws {Refusal | ChainError | AuditError} after which a repeat is safe
 */
export async function carryOut(
  { database, log }: { readonly database: Pool; readonly log: FastifyBaseLogger },
  plan: OrderPlan,
): Promise<OrderResult> {
  const order = await takeOrder(database, {
    subjectId: plan.subjectId,
    orderId: crypto.randomUUID(),
    auditRecordId: createUuidV7(),
    stellarAddress: plan.stellarAddress,
  })
  if (!order) throw new Refusal(409, 'this is being worked on; ask again in a moment')
  if (isAudited(order)) return { order, isNew: false }
  try {
    const sent = isSent(order) ? order : await send({ database, log }, plan, order)
    await plan.record(sent)
    await markAudited(database, order.subjectId)
    return { order: sent, isNew: true }
  } catch (error) {
    // If this fails as well, the order is free again when its time is over.
    await releaseOrder(database, order.subjectId).catch((cause: unknown) => {
      log.warn({ err: cause }, 'order not released')
    })
    throw error
  }
}

/** What an audit record says of the way of an order, from the database to the chain. */
export function describeOrder({
  orderId,
  orderedAt,
  stellarAddress,
  txHash,
  ledger,
  sentAt,
}: SentOrder): Pick<
  SentOrder,
  'orderId' | 'orderedAt' | 'stellarAddress' | 'txHash' | 'ledger' | 'sentAt'
> {
  return { orderId, orderedAt, stellarAddress, txHash, ledger, sentAt }
}

async function send(
  { database, log }: { readonly database: Pool; readonly log: FastifyBaseLogger },
  plan: OrderPlan,
  order: Order,
): Promise<SentOrder> {
  const receipt = await plan.send(order).catch(async (error: unknown) => {
    await recordFailure(order, error).catch((cause: unknown) => {
      log.error({ err: cause }, 'the audit trail did not take the record')
    })
    throw error
  })
  const sent = await markSent(database, order.subjectId, receipt)
  if (!isSent(sent)) throw new Error(`order ${order.orderId} is not in the database`)
  return sent
}

/** Each attempt that failed is recorded; the order stays, and the next request tries again. */
async function recordFailure(
  { subjectId, orderId, orderedAt, stellarAddress }: Order,
  error: unknown,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error)
  await audit.record(transactionFailed, {
    outcome: 'failure',
    target: { id: orderId },
    details: { subjectId, orderedAt, stellarAddress, reason },
  })
}
