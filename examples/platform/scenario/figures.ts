import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { type Sample, scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { BYTES_IN_PER_SECOND, BYTES_OUT_PER_SECOND } from '../proxmox/cluster.ts'
import { PATIENCE } from './patience.ts'
import type { Team } from './team.ts'

/** What the database of the example says of tenant-1, in US dollars, and the budget that it was given since. */
const SPENT = 370.75
const PER_HOUR = 0.74
const BUDGET = 300

/** What the cluster of the example answers, in percent. */
const CLUSTER = [
  ['proxmox_node_cpu_usage_percent', { node: 'pve1' }, 31.25],
  ['proxmox_node_memory_usage_percent', { node: 'pve1' }, (9 / 128) * 100],
  ['proxmox_storage_pool_usage_percent', { node: 'pve1', pool: 'ceph' }, 43.5],
  ['proxmox_vm_cpu_usage_percent', { tenant_id: 'tenant-1', vm_id: '101' }, 42],
] as const

const JOBS = ['watch-cluster', 'watch-billing', 'watch-host']

/** Metrics have the values that they should have, not just any. */
export async function proveFigures({ prove }: Stage, team: Team): Promise<void> {
  const { api } = team
  await prove('log-ins are counted as they ended', async () => {
    const samples = await scrape(api.metricsUrl)
    const name = 'sankofa_keycloak_authentications_total'
    // Everybody logged in once, and somebody guessed.
    expectNear(samples, name, { result: 'success' }, 5)
    expectNear(samples, name, { result: 'failure' }, 1)
  })
  await prove('WATCH_INTERVAL_MILLIS', async () => {
    const before = await runsOfJobs(api)
    // Every half second; without the setting every half minute.
    await eventually(
      'three more runs of each job',
      async () => runsOfJobs(api),
      (now) => now.every((times, index) => times >= (before[index] ?? 0) + 3),
      { withinMillis: 25_000 },
    )
  })
  await prove('gauges about money say what was spent and may be spent', async () => {
    const expected = [
      ['cost_usd', SPENT],
      ['cost_rate_usd_per_hour', PER_HOUR],
      ['budget_usd', BUDGET],
      ['budget_utilization_percent', (SPENT / BUDGET) * 100],
    ] as const
    await untilTrue(api.metricsUrl, (samples) => {
      for (const [name, value] of expected) {
        expectNear(samples, `sankofa_billing_${name}`, { tenant_id: 'tenant-1' }, value)
      }
      const forecast = SPENT + PER_HOUR * hoursLeftInMonth(new Date())
      const name = 'sankofa_billing_cost_forecast_usd'
      // It was made a moment ago.
      expectNear(samples, name, { tenant_id: 'tenant-1' }, forecast, PER_HOUR / 10)
    })
  })
  await prove('gauges about the cluster and the host are in percent', async () => {
    await untilTrue(api.metricsUrl, (samples) => {
      for (const [name, labels, value] of CLUSTER) {
        expectNear(samples, `sankofa_${name}`, labels, value)
      }
      for (const what of ['memory', 'disk']) {
        const value = sumOf(samples, `sankofa_host_${what}_usage_percent`)
        assert(value > 1 && value <= 100, `of the host's ${what} ${value} % is used`)
      }
    })
  })
  await prove('bytes that machines receive and send are counted once', async () => {
    await untilTrue(api.metricsUrl, (samples) => {
      for (const [name, perSecond] of [
        ['receive', BYTES_IN_PER_SECOND],
        ['transmit', BYTES_OUT_PER_SECOND],
      ] as const) {
        const bytes = sumOf(samples, `sankofa_proxmox_network_${name}_bytes_total`, {
          node: 'pve1',
        })
        // Three machines, one of which was stopped and started: in so much time no more than that, whatever they did before.
        const most = (3 * perSecond * performance.now()) / 1_000
        assert(bytes > 0 && bytes <= most, `${name}: ${bytes} bytes, and ${most} at the most`)
      }
    })
  })
  await proveIncidentTime(prove, team)
}

async function runsOfJobs({ metricsUrl }: Service): Promise<number[]> {
  const samples = await scrape(metricsUrl)
  return JOBS.map((job_name) => sumOf(samples, 'telltale_job_runs_total', { job_name }))
}

async function proveIncidentTime(
  prove: Stage['prove'],
  { api, ada, mary }: Pick<Team, 'api' | 'ada' | 'mary'>,
): Promise<void> {
  await prove('the time of an incident is in seconds', async () => {
    const labels = { tenant_id: 'tenant-1', severity: 'medium' }
    const start = performance.now()
    const { body } = await ada('POST', '/incidents', { severity: 'medium', text: 'a slow disk' })
    await sleep(300)
    await mary('POST', `/incidents/${String(body['id'])}/close`)
    const most = (performance.now() - start) / 1_000
    const name = 'sankofa_security_incident_response_seconds_sum'
    const seconds = sumOf(await scrape(api.metricsUrl), name, labels)
    assert(seconds >= 0.29 && seconds <= most, `it is ${seconds}, after ${most} s`)
  })
}

/** The jobs that set gauges run now and then: waits until what is expected holds. */
async function untilTrue(
  metricsUrl: string,
  expectAll: (samples: readonly Sample[]) => void,
): Promise<void> {
  let failure: unknown
  await eventually(
    'the figures',
    async () => scrape(metricsUrl),
    (samples) => {
      failure = undefined
      try {
        expectAll(samples)
      } catch (error) {
        failure = error
      }
      return failure === undefined
    },
    PATIENCE,
  ).catch((error: unknown) => {
    throw failure ?? error
  })
}

function expectNear(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>>,
  expected: number,
  within = 1e-6,
): void {
  const found = sumOf(samples, name, labels)
  const isNear = Math.abs(found - expected) <= within
  assert(isNear, `${name}${JSON.stringify(labels)} is ${found}, not ${expected}`)
}

function hoursLeftInMonth(now: Date): number {
  return (Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - now.getTime()) / 3_600_000
}
