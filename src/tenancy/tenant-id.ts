/** What Loki takes as a tenant; `|` would name several, and read the lines of each. */
const TENANT_ID = /^[A-Za-z0-9!_.*'()-]{1,128}$/

/**
 * Whether a value can be a tenant's id: 1 to 128 letters, digits and `!_.*'()-`, but not `.` and `..`, which are folders.
 *
 * Loki's rule, and somewhat shorter; the same everywhere, so that a tenant is never another one in the logs than in the trail.
 *
 * @see https://grafana.com/docs/loki/latest/operations/multi-tenancy/
 */
export function isTenantId(value: unknown): value is string {
  return typeof value === 'string' && TENANT_ID.test(value) && value !== '.' && value !== '..'
}
