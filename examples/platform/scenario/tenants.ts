import { readFile } from 'node:fs/promises'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { type LogLine, readLogs } from '../../support/logs.ts'
import type { Stage } from '../../support/stage.ts'
import { readTrace } from '../../support/traces.ts'
import { PATIENCE } from './patience.ts'
import type { Team } from './team.ts'

/** What is one tenant's is on everything of theirs, and on nothing that others see. @param own - a request of tenant-1 */
export async function proveTenants(
  { stack, prove }: Stage,
  { proxmox, ada, mary, grace, alan }: Team,
  own: { readonly requestId: string; readonly traceId: string },
): Promise<void> {
  const { loki, jaeger } = stack.addresses
  const read = async (tenant: string, query: string): Promise<LogLine[]> =>
    readLogs(loki, { query, tenant })
  const ofRequest = `{service="api"} | request_id="${own.requestId}"`

  await prove('logs of one tenant are invisible to another', async () => {
    // Both have lines; without that it would be no wonder that they do not see each other's.
    for (const tenant of ['tenant-1', 'tenant-2', 'default']) {
      const lines = await eventually(
        `lines of ${tenant}`,
        async () => read(tenant, '{service="api"}'),
        (found) => found.length > 0,
        PATIENCE,
      )
      const sees = lines.some(({ fields }) => fields['request_id'] === own.requestId)
      assert(sees === (tenant === 'tenant-1'), `${tenant} sees lines of tenant-1: ${sees}`)
      const others = lines.filter(({ fields }) => (fields['tenant_id'] ?? 'default') !== tenant)
      assert(others.length === 0, `${tenant} sees "${others[0]?.message}"`)
    }
  })
  await prove("each line of a request is its own tenant's", async () => {
    // One line by the route, one by the adapter.
    const { status, requestId } = await grace('POST', '/incidents', {
      severity: 'low',
      text: 'a dim lamp',
    })
    assert(status === 201, `the report of an incident was answered ${status}`)
    const query = `{service="api"} | request_id="${requestId}"`
    await eventually(
      'both lines of a request of tenant-2',
      async () => read('tenant-2', query),
      (found) => found.length >= 2,
      PATIENCE,
    )
    for (const tenant of ['tenant-1', 'default']) {
      const [line] = await read(tenant, query)
      assert(line === undefined, `${tenant} sees "${line?.message}"`)
    }
  })
  await prove('every log line of tenant work carries tenant_id', async () => {
    const lines = await read('tenant-1', ofRequest)
    const without = lines.find(({ fields }) => fields['tenant_id'] !== 'tenant-1')
    assert(lines.length >= 2 && !without, `of ${lines.length} lines "${without?.message}" has none`)
    assert((await read('default', ofRequest)).length === 0, 'a line of it belongs to nobody')
  })
  await prove('every span of tenant work carries tenant_id', async () => {
    const spans = await eventually(
      'the trace of a machine that was started',
      async () => readTrace(jaeger, own.traceId),
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
  await prove('what belongs to one tenant is not there for another', async () => {
    const incident = await mary('POST', '/incidents', { severity: 'high', text: 'a foreign key' })
    const close = `/incidents/${String(incident.body['id'])}/close`
    for (const [who, what, path, expected] of [
      ['a machine of tenant-2', ada, '/vms/201/start', 404],
      ['an incident, as its own operator', ada, close, 403],
      ['an incident, as security of tenant-2', alan, close, 404],
      ['an incident, as operator of tenant-2', grace, close, 403],
      ['an incident, as its own security', mary, close, 200],
    ] as const) {
      const { status } = await what('POST', path)
      assert(status === expected, `${who} was answered ${status}, not ${expected}`)
    }
  })
  await prove('authentication failures can be counted', async () => {
    const query = 'sum(count_over_time({component="auth"} | status="failed" [1h]))'
    const url = new URL('/loki/api/v1/query', loki)
    url.searchParams.set('query', query)
    const response = await fetch(url, { headers: { 'x-scope-orgid': 'default' } })
    const text = await response.text()
    assert(response.ok, `Loki answered ${response.status}: ${text}`)
    const { data } = JSON.parse(text) as {
      readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
    }
    assert(Number(data.result[0]?.value[1]) >= 1, `it counted ${text}`)
  })
}
