import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Stage } from '../../support/stage.ts'
import { PATIENCE } from './patience.ts'
import { startProgram } from './services.ts'
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

/** Ten times as many tenants as are declared pass through every metric of the platform. */
export async function proveManyTenants({ stack, prove, say }: Stage): Promise<void> {
  await prove('100 000 tenants cost no more than the bound', async () => {
    await using service = await startProgram(stack.addresses, {
      name: 'many-tenants',
      script: 'scenario/many-tenants.ts',
      readyLine: /^telltale: metrics on (\S+)/m,
    })
    const text = await eventually(
      'the figures of many tenants',
      async () => readFile(service.logFile, 'utf8'),
      (log) => log.includes('many tenants: {'),
      { withinMillis: 180_000 },
    )
    const figures = JSON.parse(/^many tenants: (.*)$/m.exec(text)?.[1] ?? '') as {
      readonly heapMegabytesAtBound: number
      readonly heapMegabytesBeyond: number
    }
    const samples = await scrape(service.metricsUrl)
    const ofTenants = samples.filter(
      ({ name, labels }) => labels['tenant_id'] !== undefined && !name.endsWith('_bucket'),
    )
    const byMetric = Map.groupBy(ofTenants, ({ name }) => name)
    const most = Math.max(...[...byMetric.values()].map(({ length }) => length))
    // The bound, and what counts everybody beyond it.
    assert(most === 10_001, `a metric has ${most} series`)
    const requests = sumOf(samples, 'sankofa_api_requests_total')
    assert(requests === 100_000, `of 100 000 requests ${requests} were counted`)
    const [folded, dropped] = ['folded', 'dropped'].map(
      (what) =>
        new Set(
          samples
            .filter(({ name }) => name === `telltale_metrics_measurements_${what}_total`)
            .map(({ value }) => value),
        ),
    )
    for (const counted of [folded, dropped]) {
      const values = [...(counted ?? [])].toSorted((a, b) => a - b).join(' and ')
      assert(values === '0 and 90000', `left out were ${values} measurements of a metric`)
    }
    const { heapMegabytesAtBound: within, heapMegabytesBeyond: beyond } = figures
    assert(beyond < 5, `the tenants beyond the bound cost ${beyond} MB`)
    say(
      `100 000 tenants: the 10 000 within the bound cost ${within} MB with ${samples.length} lines, the 90 000 beyond ${beyond} MB`,
    )
  })
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
