import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import { readLogs } from '../../support/logs.ts'
import type { Stage } from '../../support/stage.ts'
import { createClient } from './client.ts'
import { PATIENCE } from './patience.ts'
import type { Team } from './team.ts'

/** What a day brings. @returns the request that started a machine, and its trace */
export async function work(
  { stack, prove }: Stage,
  { api, inProxmox, ada, grace, mary }: Team,
): Promise<{ readonly requestId: string; readonly traceId: string }> {
  const { loki } = stack.addresses
  const wrong = { username: 'ada', password: 'guessed' }
  const stranger = await createClient(api.url)('POST', '/login', wrong)
  assert(stranger.status === 401, `a wrong password was answered ${stranger.status}`)

  for (const [body, expected] of [
    [{ usd: 'much' }, 400],
    [{ usd: 1, note: 'x'.repeat(200_000) }, 413],
  ] as const) {
    const { status } = await ada('PUT', '/budget', body)
    assert(status === expected, `a budget that is none was answered ${status}, not ${expected}`)
  }

  await until102Is('running')
  await inProxmox('POST', '/nodes/pve1/qemu/102/status/stop')
  await until102Is('stopped')
  const lifecycle = 'machines that were stopped and started are counted as such'
  await prove(lifecycle, async () => expectEvents({ stopped: 1, started: 0 }))
  const started = await ada('POST', '/vms/102/start')
  assert(started.status === 202, `the start of a machine was answered ${started.status}`)
  await until102Is('running')
  await prove(lifecycle, async () => expectEvents({ stopped: 1, started: 1 }))
  await ada('POST', '/vms/999/start')

  // Less than tenant-1 has spent, and more than tenant-2.
  for (const [who, usd] of [
    [ada, 300],
    [grace, 950],
  ] as const) {
    const budget = await who('PUT', '/budget', { usd })
    assert(budget.status === 200, `a new budget was answered ${budget.status}`)
  }
  const incident = await ada('POST', '/incidents', { severity: 'low', text: 'a loud fan' })
  const closed = await mary('POST', `/incidents/${String(incident.body['id'])}/close`)
  assert(closed.status === 200, `the end of an incident was answered ${closed.status}`)

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
  const traceId = lines.find(({ fields }) => fields['trace_id'])?.fields['trace_id'] ?? ''
  return { requestId: started.requestId, traceId }

  async function expectEvents(events: Readonly<Record<string, number>>): Promise<void> {
    const samples = await scrape(api.metricsUrl)
    for (const [event, times] of Object.entries(events)) {
      const labels = { tenant_id: 'tenant-1', event }
      const counted = sumOf(samples, 'sankofa_proxmox_vm_lifecycle_events_total', labels)
      assert(counted === times, `${event} is counted ${counted} times, not ${times}`)
    }
  }

  async function until102Is(status: string): Promise<void> {
    await eventually(
      `machine 102 to be ${status}`,
      async () => ada('GET', '/vms'),
      ({ body }) =>
        Array.isArray(body) &&
        body.some(
          (one: { id: string; status: string }) => one.id === '102' && one.status === status,
        ),
      PATIENCE,
    )
  }
}
