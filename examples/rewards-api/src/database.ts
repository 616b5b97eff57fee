import { Pool } from 'pg'
import { seedSubmissions } from './seed.ts'

/** A quiz that somebody took, and how far the reward for it is. */
export interface Submission {
  readonly id: string
  readonly passed: boolean
  /** A decimal number as text; numbers of JavaScript would round it. */
  readonly reward: string
  readonly claim: Claim | undefined
}

/** A claim goes `pending` → `paid` → `audited`, and never back. */
export interface Claim {
  readonly submissionId: string
  readonly state: 'pending' | 'paid' | 'audited'
  readonly paymentId: string
  readonly auditRecordId: string
  readonly stellarAddress: string
  readonly txHash: string | null
}

/** Connects to PostgreSQL; nothing is asked yet. */
export function createDatabase(url: string, onError: (error: Error) => void): Pool {
  const pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 5_000 })
  // Without a listener, PostgreSQL closing an idle connection would end the process.
  pool.on('error', onError)
  return pool
}

/** Creates the tables and the examples in them, as far as they are not there. */
export async function prepareDatabase(pool: Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS quiz_submissions (
      id       text PRIMARY KEY,
      quiz_id  text NOT NULL,
      user_id  text NOT NULL,
      passed   boolean NOT NULL,
      reward   numeric(20, 7) NOT NULL,
      UNIQUE (quiz_id, user_id)
    );
    CREATE TABLE IF NOT EXISTS reward_claims (
      submission_id    text PRIMARY KEY REFERENCES quiz_submissions,
      state            text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'paid', 'audited')),
      payment_id       uuid NOT NULL,
      audit_record_id  uuid NOT NULL,
      stellar_address  text NOT NULL,
      tx_hash          text,
      held_until       timestamptz NOT NULL
    )`)
  const columns = ['id', 'quizId', 'userId', 'passed', 'reward'] as const
  await pool.query(
    `INSERT INTO quiz_submissions (id, quiz_id, user_id, passed, reward)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::numeric[])
     ON CONFLICT DO NOTHING`,
    columns.map((column) => seedSubmissions.map((submission) => submission[column])),
  )
}

/** Finds what a user handed in for a quiz, and the claim on it if there is one. */
export async function findSubmission(
  pool: Pool,
  quizId: string,
  userId: string,
): Promise<Submission | undefined> {
  const { rows } = await pool.query<Omit<Submission, 'claim'> & ClaimRow>(
    `SELECT s.id, s.passed, s.reward, ${claimColumns}
     FROM quiz_submissions s LEFT JOIN reward_claims c ON c.submission_id = s.id
     WHERE s.quiz_id = $1 AND s.user_id = $2`,
    [quizId, userId],
  )
  const row = rows[0]
  return row && { id: row.id, passed: row.passed, reward: row.reward, claim: toClaim(row) }
}

/**
 * Takes the claim for this request: creates it, or continues what an earlier request left undone.
 *
 * What must be the same in every attempt (payment, audit record, address) is fixed here, before
 * anything is done. A request that dies keeps others out for 30 s at most.
 *
 * @returns `undefined` while another request holds the claim
 */
export async function takeClaim(
  pool: Pool,
  fresh: Omit<Claim, 'state' | 'txHash'>,
): Promise<Claim | undefined> {
  const { rows } = await pool.query<ClaimRow>(
    `INSERT INTO reward_claims AS c
       (submission_id, payment_id, audit_record_id, stellar_address, held_until)
     VALUES ($1, $2, $3, $4, now() + interval '30 seconds')
     ON CONFLICT (submission_id) DO UPDATE SET held_until = excluded.held_until
     WHERE c.held_until < now()
     RETURNING ${claimColumns}`,
    [fresh.submissionId, fresh.paymentId, fresh.auditRecordId, fresh.stellarAddress],
  )
  return toClaim(rows[0])
}

/** Notes that the chain has paid. */
export async function markPaid(pool: Pool, submissionId: string, txHash: string): Promise<void> {
  await pool.query(
    `UPDATE reward_claims SET state = 'paid', tx_hash = $2
     WHERE submission_id = $1 AND state = 'pending'`,
    [submissionId, txHash],
  )
}

/** Notes that the audit trail has the record; the claim is finished. */
export async function markAudited(pool: Pool, submissionId: string): Promise<void> {
  await pool.query(
    `UPDATE reward_claims SET state = 'audited', held_until = '-infinity' WHERE submission_id = $1`,
    [submissionId],
  )
}

/** Lets the next request continue at once. */
export async function releaseClaim(pool: Pool, submissionId: string): Promise<void> {
  await pool.query(`UPDATE reward_claims SET held_until = '-infinity' WHERE submission_id = $1`, [
    submissionId,
  ])
}

const claimColumns = `c.submission_id AS "submissionId", c.state, c.payment_id AS "paymentId",
  c.audit_record_id AS "auditRecordId", c.stellar_address AS "stellarAddress", c.tx_hash AS "txHash"`

type ClaimRow = Claim | { readonly submissionId: null }

function toClaim(row: ClaimRow | undefined): Claim | undefined {
  if (row === undefined || row.submissionId === null) return undefined
  const { submissionId, state, paymentId, auditRecordId, stellarAddress, txHash } = row
  return { submissionId, state, paymentId, auditRecordId, stellarAddress, txHash }
}
