import { Pool, type PoolClient } from 'pg'
import { seedSubmissions } from './seed.ts'

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
    CREATE TABLE IF NOT EXISTS chain_orders (
      subject_id       text PRIMARY KEY,
      state            text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'audited')),
      order_id         uuid NOT NULL,
      audit_record_id  uuid NOT NULL,
      stellar_address  text NOT NULL,
      ordered_at       timestamptz NOT NULL DEFAULT now(),
      tx_hash          text,
      ledger           bigint,
      sent_at          timestamptz,
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

/** Does work in one transaction: all of it is kept, or nothing. */
export async function inTransaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let failed: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((cause: Error) => {
      failed = cause
    })
    throw error
  } finally {
    // A connection that cannot even roll back is not given to anybody else.
    client.release(failed)
  }
}
