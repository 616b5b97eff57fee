import type { Pool } from 'pg'

/** Something the chain is asked for; it goes `pending` → `sent` → `audited`, and never back. */
export interface Order {
  readonly subjectId: string
  readonly state: 'pending' | 'sent' | 'audited'
  readonly orderId: string
  readonly auditRecordId: string
  readonly stellarAddress: string
  /** None before it was sent. */
  readonly txHash: string | null
}

/** A row of a query that joins `chain_orders` as `o`, or of one that found none. */
export type OrderRow = Order | { readonly subjectId: null }

/** What such a query selects. */
export const orderColumns = `o.subject_id AS "subjectId", o.state, o.order_id AS "orderId",
  o.audit_record_id AS "auditRecordId", o.stellar_address AS "stellarAddress", o.tx_hash AS "txHash"`

/**
 * Takes the order for this request: creates it, or continues what an earlier request left undone.
 *
 * What must be the same in every attempt (order id, audit record, address) is fixed here, before anything is done. A request that
 * dies keeps others out for 30 s at most.
 *
 * @returns `undefined` while another request holds the order
 */
export async function takeOrder(
  pool: Pool,
  fresh: Omit<Order, 'state' | 'txHash'>,
): Promise<Order | undefined> {
  const { rows } = await pool.query<OrderRow>(
    `INSERT INTO chain_orders AS o
       (subject_id, order_id, audit_record_id, stellar_address, held_until)
     VALUES ($1, $2, $3, $4, now() + interval '30 seconds')
     ON CONFLICT (subject_id) DO UPDATE SET held_until = excluded.held_until
     WHERE o.held_until < now()
     RETURNING ${orderColumns}`,
    [fresh.subjectId, fresh.orderId, fresh.auditRecordId, fresh.stellarAddress],
  )
  return toOrder(rows[0])
}

/** Notes that the chain has done it. */
export async function markSent(pool: Pool, subjectId: string, txHash: string): Promise<void> {
  await pool.query(
    `UPDATE chain_orders SET state = 'sent', tx_hash = $2
     WHERE subject_id = $1 AND state = 'pending'`,
    [subjectId, txHash],
  )
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
  const { subjectId, state, orderId, auditRecordId, stellarAddress, txHash } = row
  return { subjectId, state, orderId, auditRecordId, stellarAddress, txHash }
}
