import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Pool } from 'pg'

const hash = promisify(scrypt) as (
  password: string,
  salt: string,
  length: number,
) => Promise<Buffer>

/** Makes the connection pool; nothing connects yet. */
export function createPool(url: string, onError: (error: Error) => void): Pool {
  const pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 2_000 })
  // Of connections that wait for nothing; without a listener their end would be the end of the process.
  pool.on('error', onError)
  return pool
}

/** Makes the table if it is not there. @param password - of the three people in it */
export async function prepareDatabase(pool: Pool, password: string): Promise<void> {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS wallets (
      owner    text PRIMARY KEY,
      password bytea NOT NULL,
      balance  numeric NOT NULL CHECK (balance >= 0)
    )`)
  for (const owner of ['admin', 'ada', 'grace']) {
    await pool.query('INSERT INTO wallets VALUES ($1, $2, 100) ON CONFLICT DO NOTHING', [
      owner,
      await hash(password, owner, 32),
    ])
  }
}

/** Whether a password is somebody's; it takes as long for nobody's. */
export async function checkPassword(pool: Pool, owner: string, password: string): Promise<boolean> {
  const { rows } = await pool.query<{ password: Buffer }>(
    'SELECT password FROM wallets WHERE owner = $1',
    [owner],
  )
  const given = await hash(password, owner, 32)
  return timingSafeEqual(given, rows[0]?.password ?? Buffer.alloc(32))
}

/** Moves money. @param amount - decimal text. @returns whether there was enough, and somebody to get it */
export async function transfer(
  pool: Pool,
  from: string,
  to: string,
  amount: string,
): Promise<boolean> {
  // To oneself: one statement changes a row once, and it would be the one that adds.
  if (from === to) return false
  if (!/^\d{1,12}(?:\.\d{1,8})?$/.test(amount) || Number(amount) === 0) return false
  const { rowCount } = await pool.query(
    `WITH paid AS (
       UPDATE wallets SET balance = balance - $3::numeric
       WHERE owner = $1 AND balance >= $3::numeric AND EXISTS (SELECT FROM wallets WHERE owner = $2)
       RETURNING owner
     )
     UPDATE wallets SET balance = balance + $3::numeric WHERE owner = $2 AND EXISTS (SELECT FROM paid)`,
    [from, to, amount],
  )
  return rowCount === 1
}
