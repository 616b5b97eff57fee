import type { Pool, PoolClient } from 'pg'
import { type Order, orderColumns, type OrderRow, toOrder } from './orders-table.ts'

/** A quiz that somebody took, and how far the reward for it is. */
export interface Submission {
  readonly id: string
  readonly passed: boolean
  /** A decimal number as text; numbers of JavaScript would round it. */
  readonly reward: string
  readonly claim: Order | undefined
}

/** Finds what a user handed in for a quiz, and the claim on it if there is one. */
export async function findSubmission(
  pool: Pool,
  quizId: string,
  userId: string,
): Promise<Submission | undefined> {
  const { rows } = await pool.query<Omit<Submission, 'claim'> & OrderRow>(
    `SELECT s.id, s.passed, s.reward, ${orderColumns}
     FROM quiz_submissions s LEFT JOIN chain_orders o ON o.subject_id = s.id
     WHERE s.quiz_id = $1 AND s.user_id = $2`,
    [quizId, userId],
  )
  const row = rows[0]
  return row && { id: row.id, passed: row.passed, reward: row.reward, claim: toOrder(row) }
}

/** What is kept of a quiz that was marked. */
export interface MarkedQuiz {
  readonly quizId: string
  readonly userId: string
  readonly passed: boolean
  readonly reward: string
}

/**
 * Keeps the newest result of a user, unless an earlier one was good enough.
 *
 * @returns the id of the submission; `undefined` for somebody who has passed before
 */
export async function keepResult(
  client: PoolClient,
  { quizId, userId, passed, reward }: MarkedQuiz,
): Promise<string | undefined> {
  const { rows } = await client.query<{ readonly id: string }>(
    `INSERT INTO quiz_submissions AS s (id, quiz_id, user_id, passed, reward)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (quiz_id, user_id) DO UPDATE SET passed = excluded.passed WHERE NOT s.passed
     RETURNING s.id`,
    [crypto.randomUUID(), quizId, userId, passed, reward],
  )
  return rows[0]?.id
}

/** Which of some quizzes a user has passed. */
export async function findPassed(
  pool: Pool,
  userId: string,
  quizIds: readonly string[],
): Promise<string[]> {
  const { rows } = await pool.query<{ readonly quizId: string }>(
    `SELECT quiz_id AS "quizId" FROM quiz_submissions
     WHERE user_id = $1 AND quiz_id = ANY ($2) AND passed`,
    [userId, quizIds],
  )
  return rows.map(({ quizId }) => quizId)
}
