import type { Pool } from 'pg'
import type { Receipt } from './chain-client.ts'

/** Something the chain is asked for; it goes `pending` → `sent` → `audited`, and never back. */
export interface Order {
  readonly subjectId: string
  readonly state: 'pending' | 'sent' | 'audited'
  readonly orderId: string
  readonly auditRecordId: string
  readonly stellarAddress: string
  /** When it was first asked for. */
  readonly orderedAt: Date
  /** Transaction, ledger and time; none before it was sent. */
  readonly txHash: string | null
  readonly ledger: number | null
  readonly sentAt: Date | null
}

/** An order that the chain has carried out. */
export interface SentOrder extends Order {
  readonly txHash: string
  readonly ledger: number
  readonly sentAt: Date
}

/** A row of a query that joins `chain_orders` as `o`, or of one that found none. */
export type OrderRow = Order | { readonly subjectId: null }

/** What such a query selects. */
export const orderColumns = `o.subject_id AS "subjectId", o.state, o.order_id AS "orderId",
  o.audit_record_id AS "auditRecordId", o.stellar_address AS "stellarAddress", o.ordered_at AS "orderedAt",
  o.tx_hash AS "txHash", o.ledger::float8 AS ledger, o.sent_at AS "sentAt"`

/**
 * Takes the order for this request: creates it, or continues what an earlier request left undone.
 *
 * What must be the same in every attempt (order id, audit record, address) is fixed here, before anything is done. A request that
 * dies keeps others out for 30 s at most. A finished order is held by nobody: there is nothing left to do.
 *
 * @returns `undefined` while another request holds the order
 */
export async function takeOrder(
  pool: Pool,
  fresh: Pick<Order, 'subjectId' | 'orderId' | 'auditRecordId' | 'stellarAddress'>,
): Promise<Order | undefined> {
  const { rows } = await pool.query<OrderRow>(
    `INSERT INTO chain_orders AS o
       (subject_id, order_id, audit_record_id, stellar_address, held_until)
     VALUES ($1, $2, $3, $4, now() + interval '30 seconds')
     ON CONFLICT (subject_id) DO UPDATE
       SET held_until = CASE o.state WHEN 'audited' THEN o.held_until ELSE excluded.held_until END
     WHERE o.held_until < now()
     RETURNING ${orderColumns}`,
    [fresh.subjectId, fresh.orderId, fresh.auditRecordId, fresh.stellarAddress],
  )
  return toOrder(rows[0])
}

/**
 * Notes that the chain has done it, unless somebody has noted that already: the chain gives every attempt the same receipt, but the
 * time is that of the first.
 *
 * @returns the order as it stands
 */
export async function markSent(
  pool: Pool,
  subjectId: string,
  { hash, ledger }: Receipt,
): Promise<Order | undefined> {
  const { rows } = await pool.query<OrderRow>(
    `UPDATE chain_orders AS o
     SET state = CASE state WHEN 'pending' THEN 'sent' ELSE state END, tx_hash = $2, ledger = $3,
       sent_at = coalesce(sent_at, now())
     WHERE subject_id = $1 RETURNING ${orderColumns}`,
    [subjectId, hash, ledger],
  )
  return toOrder(rows[0])
}

/** Notes that the audit trail has the record; the order is finished. */
export async function markAudited(pool: Pool, subjectId: string): Promise<void> {
  await pool.query(
    `UPDATE chain_orders SET state = 'audited', held_until = '-infinity' WHERE subject_id = $1`,
    [subjectId],
  )
}

/** Lets the next request continue at once. */
export async function releaseOrder(pool: Pool, subjectId: string): Promise<void> {
  await pool.query(`UPDATE chain_orders SET held_until = '-infinity' WHERE subject_id = $1`, [
    subjectId,
  ])
}

/** Reads the order of a row, if there is one. */
export function toOrder(row: OrderRow | undefined): Order | undefined {
  if (row === undefined || row.subjectId === null) return undefined
  const { subjectId, state, orderId, auditRecordId, stellarAddress } = row
  const { orderedAt, txHash, ledger, sentAt } = row
  return {
    subjectId,
    state,
    orderId,
    auditRecordId,
    stellarAddress,
    orderedAt,
    txHash,
    ledger,
    sentAt,
  }
}

/** Whether the chain has carried it out. */
export function isSent(order: Order | undefined): order is SentOrder {
  return order !== undefined && order.state !== 'pending'
}

/** Whether nothing is left to do. */
export function isAudited(order: Order | undefined): order is SentOrder {
  return order?.state === 'audited'
}
