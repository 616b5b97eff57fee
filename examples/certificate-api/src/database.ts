import { Pool } from 'pg'
import type { Profile } from './metrics.ts'

/** A certificate that was issued. */
export interface StoredCertificate {
  readonly id: string
  readonly ca: string
  readonly profile: Profile
  readonly subject: string
  readonly serialNumber: string
  readonly notAfter: Date
  readonly pem: string
  /** Who asked for it. */
  readonly owner: string
  /** The certificate in whose place it was issued. */
  readonly renewedFrom: string | null
}

/** Makes the connection pool; nothing connects yet. */
export function createPool(url: string, max: number, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 2_000,
    // PostgreSQL gives up itself, so that the connection is good for the next query.
    statement_timeout: 10_000,
  })
  // Of connections that wait for nothing; without a listener their end would be the end of the process.
  pool.on('error', onError)
  return pool
}

/** Makes the table if it is not there. */
export async function prepareDatabase(pool: Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS certificates (
      id            uuid PRIMARY KEY,
      ca            text NOT NULL,
      profile       text NOT NULL,
      subject       text NOT NULL,
      serial_number text NOT NULL,
      not_after     timestamptz NOT NULL,
      pem           text NOT NULL,
      owner         text NOT NULL,
      renewed_from  uuid REFERENCES certificates (id),
      UNIQUE (ca, serial_number)
    )`)
}

const COLUMNS = `id, ca, profile, subject, serial_number AS "serialNumber", not_after AS "notAfter", pem, owner,
  renewed_from AS "renewedFrom"`

/** Keeps a certificate. */
export async function insertCertificate(pool: Pool, row: StoredCertificate): Promise<void> {
  const { id, ca, profile, subject, serialNumber, notAfter, pem, owner, renewedFrom } = row
  await pool.query(
    `INSERT INTO certificates
       (id, ca, profile, subject, serial_number, not_after, pem, owner, renewed_from)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, ca, profile, subject, serialNumber, notAfter, pem, owner, renewedFrom],
  )
}

/** Finds a certificate by its id. */
export async function findCertificate(
  pool: Pool,
  id: string,
): Promise<StoredCertificate | undefined> {
  const { rows } = await pool.query<StoredCertificate>(
    `SELECT ${COLUMNS} FROM certificates WHERE id = $1`,
    [id],
  )
  return rows[0]
}

/** How many certificates of an authority are valid, and how many of them end soon. */
export interface CertificateCounts {
  readonly ca: string
  readonly active: number
  readonly within7Days: number
  readonly within3Days: number
  readonly within1Day: number
}

/** Counts the valid certificates of each authority; one that was renewed is its successor's business. */
export async function countCertificates(pool: Pool): Promise<CertificateCounts[]> {
  const { rows } = await pool.query<CertificateCounts>(
    `SELECT ca, count(*)::int AS active,
       count(*) FILTER (WHERE not_after < now() + interval '7 days')::int AS "within7Days",
       count(*) FILTER (WHERE not_after < now() + interval '3 days')::int AS "within3Days",
       count(*) FILTER (WHERE not_after < now() + interval '1 day')::int AS "within1Day"
     FROM certificates c
     WHERE not_after > now() AND NOT EXISTS (SELECT FROM certificates WHERE renewed_from = c.id)
     GROUP BY ca`,
  )
  return rows
}
