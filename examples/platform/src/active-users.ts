import { metrics } from './metrics.ts'
import type { User } from './keycloak.ts'

/** Who has sent a request lately. */
export interface ActiveUsers {
  seen(user: User): void
  /** Sets the gauge; a tenant without active users leaves it. */
  show(): void
}

const ACTIVE_MILLIS = 15 * 60_000

/** Makes the list; it holds whoever was active within a quarter of an hour. */
export function createActiveUsers(now: () => number = Date.now): ActiveUsers {
  const lastSeen = new Map<string, { readonly tenant: string; readonly at: number }>()
  let shown: readonly string[] = []
  return {
    seen: ({ name, tenant }) =>
      void lastSeen.set(JSON.stringify([tenant, name]), { tenant, at: now() }),
    show() {
      const counts = new Map<string, number>()
      for (const [key, { tenant, at }] of lastSeen) {
        if (now() - at > ACTIVE_MILLIS) lastSeen.delete(key)
        else counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
      }
      for (const tenant_id of shown.filter((tenant) => !counts.has(tenant))) {
        metrics.activeUsers.remove({ tenant_id })
      }
      for (const [tenant_id, count] of counts) metrics.activeUsers.set(count, { tenant_id })
      shown = [...counts.keys()]
    },
  }
}
