import { Pool } from 'pg'
import { metrics } from './metrics.ts'

/** What a resource has cost in the current month. */
interface Cost {
  readonly tenant_id: string
  readonly service: string
  readonly resource_id: string
  readonly usd: number
  readonly usd_per_hour: number
}

/** Makes the connection pool; nothing connects yet. */
export function createPool(url: string, max: number, onError: (error: Error) => void): Pool {
  const pool = new Pool({ connectionString: url, max, connectionTimeoutMillis: 2_000 })
  // Of connections that wait for nothing; without a listener their end would be the end of the process.
  pool.on('error', onError)
  return pool
}

/** Makes the tables if they are not there, with what three tenants have used this month. */
export async function prepareDatabase(pool: Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS budgets (tenant_id text PRIMARY KEY, usd numeric NOT NULL);
    CREATE TABLE IF NOT EXISTS costs (
      tenant_id    text NOT NULL,
      service      text NOT NULL,
      resource_id  text NOT NULL,
      usd          numeric NOT NULL,
      usd_per_hour numeric NOT NULL,
      PRIMARY KEY (tenant_id, service, resource_id)
    );
    INSERT INTO budgets VALUES ('tenant-1', 500), ('tenant-2', 900), ('tenant-3', 50)
      ON CONFLICT DO NOTHING;
    INSERT INTO costs VALUES
      ('tenant-1', 'compute', '101', 210.5, 0.42), ('tenant-1', 'compute', '102', 120.25, 0.24),
      ('tenant-1', 'storage', 'ceph-shop', 40, 0.08), ('tenant-2', 'compute', '201', 640, 1.28),
      ('tenant-2', 'network', 'erp-uplink', 75.5, 0.15), ('tenant-3', 'compute', '301', 61, 0.12)
      ON CONFLICT DO NOTHING`)
}

/** Sets the budget of a tenant. */
export async function setBudget(pool: Pool, tenant: string, usd: number): Promise<void> {
  await pool.query(
    `INSERT INTO budgets VALUES ($1, $2) ON CONFLICT (tenant_id) DO UPDATE SET usd = excluded.usd`,
    [tenant, usd],
  )
}

/** Takes a tenant away with all its resources. */
export async function removeTenant(pool: Pool, tenant: string): Promise<void> {
  await pool.query(
    `WITH gone AS (DELETE FROM costs WHERE tenant_id = $1) DELETE FROM budgets WHERE tenant_id = $1`,
    [tenant],
  )
}

/** Sets the gauges about money again and again; resources and tenants that are gone leave them. */
export function createBillingWatch(pool: Pool): () => Promise<void> {
  let costsBefore: readonly Cost[] = []
  let tenantsBefore: ReadonlySet<string> = new Set()
  return async () => {
    const { rows: costs } = await pool.query<Cost>(
      `SELECT tenant_id, service, resource_id, usd::float8, usd_per_hour::float8 FROM costs`,
    )
    const { rows: budgets } = await pool.query<{ tenant_id: string; usd: number }>(
      'SELECT tenant_id, usd::float8 FROM budgets',
    )
    const budgetOf = new Map(budgets.map(({ tenant_id, usd }) => [tenant_id, usd]))
    // Thousands of tenants: everything is looked up, nothing is searched for.
    const costsOf = Map.groupBy(costs, ({ tenant_id }) => tenant_id)
    const tenants = new Set([...budgetOf.keys(), ...costsOf.keys()])
    const isThere = new Set(costs.map(toKey))
    // Who is gone leaves first: there is a place for whoever has come.
    for (const cost of costsBefore)
      if (!isThere.has(toKey(cost))) metrics.cost.remove(toLabels(cost))
    for (const tenant of tenantsBefore) if (!tenants.has(tenant)) forget(tenant)
    for (const cost of costs) metrics.cost.set(cost.usd, toLabels(cost))
    for (const tenant of tenants) show(tenant, costsOf.get(tenant) ?? [], budgetOf.get(tenant))
    costsBefore = costs
    tenantsBefore = tenants
  }
}

const PER_TENANT = ['costRate', 'costForecast', 'budget', 'budgetUtilization'] as const

function forget(tenant_id: string): void {
  for (const name of PER_TENANT) metrics[name].remove({ tenant_id })
}

function show(tenant_id: string, costs: readonly Cost[], budget: number | undefined): void {
  const spent = costs.reduce((sum, { usd }) => sum + usd, 0)
  const perHour = costs.reduce((sum, { usd_per_hour }) => sum + usd_per_hour, 0)
  metrics.costRate.set(perHour, { tenant_id })
  metrics.costForecast.set(spent + perHour * hoursLeftInMonth(new Date()), { tenant_id })
  if (budget === undefined) {
    for (const name of ['budget', 'budgetUtilization'] as const) metrics[name].remove({ tenant_id })
    return
  }
  metrics.budget.set(budget, { tenant_id })
  metrics.budgetUtilization.set((spent / budget) * 100, { tenant_id })
}

function hoursLeftInMonth(now: Date): number {
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)
  return (end - now.getTime()) / 3_600_000
}

function toLabels({ tenant_id, service, resource_id }: Cost): {
  tenant_id: string
  service: string
  resource_id: string
} {
  return { tenant_id, service, resource_id }
}

function toKey({ tenant_id, service, resource_id }: Cost): string {
  return JSON.stringify([tenant_id, service, resource_id])
}
