import { MARK_PATTERN } from '../producer/order.ts'
import { query, withClient } from './database.ts'

/** What the database has of some records. */
export interface Holdings {
  /** How often each id is in `audit.records`; ids that are not there are left out. */
  readonly records: ReadonlyMap<string, number>
  /** The same of `audit.conflicts`. */
  readonly conflicts: ReadonlyMap<string, number>
  /** Places of a stream that more than one record claims, over the whole trail. */
  readonly doubledPlaces: number
}

const IDS_PER_QUERY = 20_000

/** Counts ids in the database, and places of streams that are taken twice. */
export async function readHoldings(url: string, ids: Iterable<string>): Promise<Holdings> {
  const all = [...ids]
  return withClient(url, async (client) => {
    const count = async (table: string): Promise<Map<string, number>> => {
      const found = new Map<string, number>()
      for (let from = 0; from < all.length; from += IDS_PER_QUERY) {
        const { rows } = await client.query<{ id: string; times: number }>(
          `SELECT record_id::text AS id, count(*)::int AS times FROM ${table}
           WHERE record_id = ANY ($1::uuid[]) GROUP BY record_id`,
          [all.slice(from, from + IDS_PER_QUERY)],
        )
        for (const { id, times } of rows) found.set(id, times)
      }
      return found
    }
    const { rows } = await client.query<{ places: number }>(
      `SELECT count(*)::int AS places FROM (
         SELECT FROM audit.records WHERE stream_id IS NOT NULL
         GROUP BY stream_id, sequence_number HAVING count(*) > 1) AS claimed_twice`,
    )
    return {
      records: await count('audit.records'),
      conflicts: await count('audit.conflicts'),
      doubledPlaces: rows[0]?.places ?? 0,
    }
  })
}

/**
 * How often each mark of a service's odd records is in the trail, quarantine and conflicts included.
 *
 * These tables know no service; marks of others do no harm.
 */
export async function readMarks(url: string, service: string): Promise<Map<string, number>> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ mark: string | null; times: number }>(
      `SELECT substring(encode(bytes, 'escape') FROM '${MARK_PATTERN}') AS mark, count(*)::int AS times
       FROM (SELECT evidence AS bytes FROM audit.records WHERE service_name = $1
             UNION ALL SELECT evidence FROM audit.conflicts
             UNION ALL SELECT raw FROM audit.quarantine) AS kept
       GROUP BY 1`,
      [service],
    )
    return new Map(rows.flatMap(({ mark, times }) => (mark === null ? [] : [[mark, times]])))
  })
}

/** How many rows are in quarantine. */
export async function countQuarantined(url: string): Promise<number> {
  const [row] = await query<{ rows: number }>(
    url,
    'SELECT count(*)::int AS rows FROM audit.quarantine',
  )
  return row?.rows ?? 0
}
