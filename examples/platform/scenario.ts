import { readFile } from 'node:fs/promises'
import { Client as PostgresClient } from 'pg'
import { assert } from '../support/assert.ts'
import type { Evidence } from '../support/contract.ts'
import { eventually } from '../support/eventually.ts'
import { scrape, sumOf } from '../support/exposition.ts'
import { readLogs } from '../support/logs.ts'
import type { Service } from '../support/services.ts'
import type { Example, Stage } from '../support/stage.ts'
import { readTrace } from '../support/traces.ts'
import { contract } from './contract.ts'
import { createClient, logIn } from './scenario/client.ts'
import { startProgram } from './scenario/services.ts'

export const example: Example = { name: 'platform', contract, run }

const PATIENCE = { withinMillis: 20_000 }

async function run(stage: Stage): Promise<Evidence> {
  const { stack, open, say, prove } = stage
  const { addresses } = stack
  const password = crypto.randomUUID()
  const token = `platform@pve!api=${crypto.randomUUID()}`
  const keycloak = open.use(
    await startProgram(addresses, {
      name: 'keycloak',
      script: 'keycloak/server.ts',
      variables: { USERS_PASSWORD: password },
    }),
  )
  const proxmox = open.use(
    await startProgram(addresses, {
      name: 'proxmox',
      script: 'proxmox/server.ts',
      variables: { PROXMOX_TOKEN: token },
    }),
  )
  const databaseUrl = await stack.createDatabase('platform')
  const api = open.use(
    await startProgram(addresses, {
      name: 'api',
      script: 'src/server.ts',
      variables: {
        DATABASE_URL: databaseUrl,
        KEYCLOAK_URL: keycloak.url,
        PROXMOX_URL: proxmox.url,
        PROXMOX_TOKEN: token,
        WATCH_INTERVAL_MILLIS: '500',
      },
    }),
  )
  stack.scrape('platform', {
    address: new URL(api.metricsUrl).host,
    labels: { job: 'sankofa-api' },
  })
  say('the platform runs, with Keycloak and a Proxmox cluster')

  const traceId = await work(api, proxmox, password, token, addresses.loki)
  say('three tenants have worked, one of them on what is not theirs')

  await prove('logs of one tenant are invisible to another', async () => {
    const query = '{tenant_id="tenant-1"}'
    await eventually(
      'lines of tenant-1',
      async () => readLogs(addresses.loki, { query, tenant: 'tenant-1' }),
      (lines) => lines.length > 0,
      PATIENCE,
    )
    for (const tenant of ['tenant-2', 'default']) {
      const seen = await readLogs(addresses.loki, { query, tenant })
      assert(seen.length === 0, `${tenant} sees ${seen.length} lines of tenant-1`)
    }
  })
  await prove('every span of tenant work carries tenant_id', async () => {
    const spans = await eventually(
      'the trace of a machine that was started',
      async () => readTrace(addresses.jaeger, traceId),
      // Each process sends its own spans; the request's own is the last of its process to end.
      (found) =>
        ['api', 'proxmox'].every((name) =>
          found.some(({ service, kind }) => service === name && kind === 'server'),
        ),
      PATIENCE,
    )
    const without = spans.filter(
      ({ service, attributes }) => service === 'api' && attributes.get('tenant_id') !== 'tenant-1',
    )
    assert(without.length === 0, `${without.map(({ name }) => name).join(', ')} has none`)
  })
  await prove('the tenant does not leave to hosts that are not listed', async () => {
    const calls = (await readFile(proxmox.logFile, 'utf8')).match(/^traceparent=.*$/gm) ?? []
    assert(
      calls.some((call) => call.startsWith('traceparent=00-')),
      'no call brought its trace',
    )
    const leaked = calls.find((call) => !call.endsWith('baggage=-'))
    assert(leaked === undefined, `a call of Proxmox brought ${leaked}`)
  })
  await prove('a tenant that is gone leaves no series behind', async () =>
    leave(api, proxmox, password, token),
  )
  await prove('beyond the bound a gauge drops the series and counts it', async () =>
    overflow(api, databaseUrl),
  )
  const health = await eventually(
    '/health',
    async () => fetch(api.metricsUrl.replace('/metrics', '/health')),
    ({ status }) => status === 200,
    PATIENCE,
  )
  const { checks } = (await health.json()) as {
    readonly checks: Readonly<Record<string, { readonly status: string }>>
  }
  return {
    metricsUrls: { api: api.metricsUrl },
    services: ['api'],
    traces: { 'a tenant starts a machine': traceId },
    healthChecks: Object.fromEntries(
      Object.entries(checks).map(([name, { status }]) => [name, status]),
    ),
  }
}

/** What a day brings. @returns the trace of the request that started a machine */
async function work(
  api: Service,
  proxmox: Service,
  password: string,
  token: string,
  loki: string,
): Promise<string> {
  const stranger = await createClient(api.url)('POST', '/login', {
    username: 'ada',
    password: 'guessed',
  })
  assert(stranger.status === 401, `a wrong password was answered ${stranger.status}`)
  const [ada, grace, mary] = await Promise.all(
    ['ada', 'grace', 'mary'].map(async (name) => logIn(api.url, name, password)),
  )
  assert(Boolean(ada && grace && mary), 'somebody could not log in')
  await eventually(
    'the machines of tenant-1',
    async () => ada!('GET', '/vms'),
    ({ body }) => Array.isArray(body) && body.length === 2,
    PATIENCE,
  )
  await stop(proxmox, token, 'pve1', 102)
  const started = await ada!('POST', '/vms/102/start')
  assert(started.status === 202, `the start of a machine was answered ${started.status}`)
  const foreign = await ada!('POST', '/vms/201/start')
  assert(foreign.status === 404, `a machine of another tenant was answered ${foreign.status}`)
  await ada!('POST', '/vms/999/start')
  const budget = await grace!('PUT', '/budget', { usd: 950 })
  assert(budget.status === 200, `a new budget was answered ${budget.status}`)
  const incident = await mary!('POST', '/incidents', { severity: 'high', text: 'foreign machine' })
  await mary!('POST', `/incidents/${String(incident.body['id'])}/close`)

  const lines = await eventually(
    'the log line of the machine that was started',
    async () =>
      readLogs(loki, {
        query: `{service="api"} | request_id="${started.requestId}"`,
        tenant: 'tenant-1',
      }),
    (found) => found.some(({ fields }) => fields['trace_id']),
    PATIENCE,
  )
  return lines.find(({ fields }) => fields['trace_id'])?.fields['trace_id'] ?? ''
}

async function stop(proxmox: Service, token: string, node: string, id: number): Promise<void> {
  await callProxmox(proxmox, token, 'POST', `/nodes/${node}/qemu/${id}/status/stop`)
}

async function callProxmox(
  { url }: Service,
  token: string,
  method: string,
  path: string,
): Promise<void> {
  const response = await fetch(`${url}/api2/json${path}`, {
    method,
    headers: { authorization: `PVEAPIToken=${token}` },
  })
  assert(response.ok, `Proxmox answered ${response.status} to ${method} ${path}`)
}

/** A tenant ends its contract, and its machine is destroyed. */
async function leave(
  api: Service,
  proxmox: Service,
  password: string,
  token: string,
): Promise<void> {
  const gauges = /^sankofa_(?:billing_|proxmox_vm_(?:cpu|info))/
  const series = async (): Promise<string[]> =>
    (await scrape(api.metricsUrl))
      .filter(({ name, labels }) => gauges.test(name) && labels['tenant_id'] === 'tenant-3')
      .map(({ name }) => name)
  assert((await series()).length > 0, 'tenant-3 had no series before')
  const linus = await logIn(api.url, 'linus', password)
  await linus('DELETE', '/tenant')
  await callProxmox(proxmox, token, 'DELETE', '/nodes/pve2/qemu/301')
  await eventually('no series of tenant-3', series, (names) => names.length === 0, PATIENCE)
}

/** More tenants come than the platform has declared. */
async function overflow(api: Service, databaseUrl: string): Promise<void> {
  const client = new PostgresClient({ connectionString: databaseUrl })
  await client.connect()
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
    await client.end()
  }
}
