import { Client } from 'pg'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Stage } from '../../support/stage.ts'
import { PATIENCE } from './patience.ts'
import type { Team } from './team.ts'

/** A tenant ends its contract, and its machine is destroyed. */
export async function proveLeaving(
  { prove }: Stage,
  { api, inProxmox, linus }: Team,
): Promise<void> {
  const gauges = /^sankofa_(?:billing_|proxmox_vm_(?:cpu|info))/
  const series = async (): Promise<string[]> =>
    (await scrape(api.metricsUrl))
      .filter(({ name, labels }) => gauges.test(name) && labels['tenant_id'] === 'tenant-3')
      .map(({ name }) => name)
  await prove('a tenant that is gone leaves no series behind', async () => {
    assert((await series()).length > 0, 'tenant-3 had no series before')
    await linus('DELETE', '/tenant')
    await inProxmox('DELETE', '/nodes/pve2/qemu/301')
    await eventually('no series of tenant-3', series, (names) => names.length === 0, PATIENCE)
  })
}

/** More tenants come than the platform has declared. */
export async function proveOverflow({ prove }: Stage, { api, databaseUrl }: Team): Promise<void> {
  await prove('beyond the bound a gauge drops the series and counts it', async () =>
    withDatabase(databaseUrl, async (client) => {
      try {
        await client.query(
          `INSERT INTO budgets SELECT 'tenant-many-' || n, 100 FROM generate_series(1, 11000) AS n`,
        )
        await eventually(
          '10 000 series, and a count of those that were dropped',
          async () => {
            const samples = await scrape(api.metricsUrl)
            const metric = 'sankofa_billing_budget_usd'
            return {
              series: samples.filter(({ name }) => name === metric).length,
              dropped: sumOf(samples, 'telltale_metrics_measurements_dropped_total', { metric }),
            }
          },
          ({ series, dropped }) => series === 10_000 && dropped > 0,
          PATIENCE,
        )
      } finally {
        await client.query(`DELETE FROM budgets WHERE tenant_id LIKE 'tenant-many-%'`)
      }
    }),
  )
}

/** Does something with a connection of one's own. */
export async function withDatabase(
  databaseUrl: string,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
