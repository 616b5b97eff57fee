import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Pool } from 'pg'

const SALT_BYTES = 16
const HASH_BYTES = 32

const scryptAsync = promisify(scrypt) as (
  password: string,
  salt: Buffer,
  length: number,
) => Promise<Buffer>

/** What is kept of a password: the salt, and what becomes of both. */
async function hash(password: string, salt: Buffer): Promise<Buffer> {
  return Buffer.concat([salt, await scryptAsync(password, salt, HASH_BYTES)])
}

/** Makes the connection pool; nothing connects yet. */
export function createPool(url: string, onError: (error: Error) => void): Pool {
  const pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 2_000 })
  // Of connections that wait for nothing; without a listener their end would be the end of the process.
  pool.on('error', onError)
  return pool
}

/** Makes the table if it is not there. @param password - of the three people in it; without one nobody new can log in */
export async function prepareDatabase(pool: Pool, password: string | undefined): Promise<void> {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS wallets (
      owner    text PRIMARY KEY,
      password bytea NOT NULL,
      balance  numeric NOT NULL CHECK (balance >= 0)
    )`)
  for (const owner of ['admin', 'ada', 'grace']) {
    await pool.query(
      `INSERT INTO wallets VALUES ($1, $2, 100) ON CONFLICT (owner) DO UPDATE
       SET password = excluded.password WHERE $3`,
      [
        owner,
        await hash(password ?? crypto.randomUUID(), randomBytes(SALT_BYTES)),
        password !== undefined,
      ],
    )
  }
}

/** Whether a password is somebody's; it takes as long for nobody's. */
export async function checkPassword(pool: Pool, owner: string, password: string): Promise<boolean> {
  const { rows } = await pool.query<{ password: Buffer }>(
    'SELECT password FROM wallets WHERE owner = $1',
    [owner],
  )
  const stored = rows[0]?.password ?? Buffer.alloc(SALT_BYTES + HASH_BYTES)
  return timingSafeEqual(stored, await hash(password, stored.subarray(0, SALT_BYTES)))
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
