import type { Pool } from 'pg'
import type { Authorities } from './authorities.ts'
import { countCertificates } from './database.ts'
import { metrics } from './metrics.ts'
import { timedQuery } from './timed-query.ts'

const NONE = { active: 0, within7Days: 0, within3Days: 0, within1Day: 0 }

/** Counts what is valid and what ends soon, and sets the gauges; the series of an authority that is gone are removed. */
export function createCertificateWatch(pool: Pool, authorities: Authorities): () => Promise<void> {
  let known: readonly string[] = []
  return async () => {
    const found = await timedQuery('count', async () => countCertificates(pool))
    const idle = authorities.all().filter(({ name }) => !found.some(({ ca }) => ca === name))
    const counts = [...found, ...idle.map(({ name: ca }) => ({ ...NONE, ca }))]
    for (const ca of known.filter((name) => !counts.some((count) => count.ca === name))) {
      metrics.activeCertificates.remove({ ca })
      for (const days of ['7', '3', '1'] as const) metrics.expiringSoon.remove({ days, ca })
    }
    for (const { ca, active, within7Days, within3Days, within1Day } of counts) {
      metrics.activeCertificates.set(active, { ca })
      metrics.expiringSoon.set(within7Days, { days: '7', ca })
      metrics.expiringSoon.set(within3Days, { days: '3', ca })
      metrics.expiringSoon.set(within1Day, { days: '1', ca })
    }
    known = counts.map(({ ca }) => ca)
  }
}

/** Sets the gauges of the connection pool. */
export function watchPool({ totalCount, idleCount }: Pool, max: number): void {
  metrics.connectionsActive.set(totalCount - idleCount)
  metrics.connectionsMax.set(max)
}
