import { audit, getLogger } from 'telltale'
import { caCertificateExpiryWarning, caCertificateRefresh } from './audit-events.ts'
import { metrics } from './metrics.ts'
import type { Authority, PrivateCa } from './private-ca.ts'

/** The authorities of the private CA, as of the last time they were asked for. */
export interface Authorities {
  find(name: string): Authority | undefined
  /** All of them; none before they were asked for. */
  all(): readonly Authority[]
  /** Asks for them again. */
  refresh(signal?: AbortSignal): Promise<void>
}

const DAY_MILLIS = 86_400_000
const WARN_DAYS = 30

const log = getLogger('authorities')

/** Keeps the authorities of a private CA; a warning is recorded once for each certificate that is about to expire. */
export function createAuthorities(privateCa: PrivateCa): Authorities {
  let known: readonly Authority[] = []
  // What was recorded of each authority, by the end of its certificate: a new certificate is news again.
  const refreshed = new Map<string, number>()
  const warned = new Map<string, number>()
  return {
    find: (name) => known.find((authority) => authority.name === name),
    all: () => known,
    async refresh(signal) {
      const found = await privateCa.listAuthorities(signal)
      for (const { name } of known) {
        if (!found.some((authority) => authority.name === name))
          metrics.caExpiry.remove({ ca: name })
      }
      known = found
      // All of them first: they do not wait for the audit trail.
      for (const { name, notAfter } of found) {
        metrics.caExpiry.set(millisUntil(notAfter) / 1_000, { ca: name })
      }
      for (const authority of found) await tell(authority)
    },
  }

  async function tell({ name, notAfter }: Authority): Promise<void> {
    const target = { id: name }
    const actor = { id: 'certificate-api', type: 'system' } as const
    await once(refreshed, { name, notAfter }, async () =>
      audit.record(caCertificateRefresh, { actor, target, details: { notAfter } }),
    )
    const daysLeft = Math.floor(millisUntil(notAfter) / DAY_MILLIS)
    if (daysLeft >= WARN_DAYS) return
    await once(warned, { name, notAfter }, async () => {
      log.warn('a CA certificate is about to expire', { ca: name, days_left: daysLeft })
      const details = { notAfter, daysLeft }
      await audit.record(caCertificateExpiryWarning, { actor, target, details })
    })
  }
}

function millisUntil(time: Date): number {
  return time.getTime() - Date.now()
}

/** Does something once for each certificate of an authority, also while it is being done; again after it failed. */
async function once(
  done: Map<string, number>,
  { name, notAfter }: Pick<Authority, 'name' | 'notAfter'>,
  work: () => Promise<unknown>,
): Promise<void> {
  const end = notAfter.getTime()
  if (done.get(name) === end) return
  done.set(name, end)
  try {
    await work()
  } catch (error) {
    done.delete(name)
    throw error
  }
}
