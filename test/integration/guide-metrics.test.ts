import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fixture, startApp } from '../support/run-app.ts'

const page = readFileSync(new URL('../../docs/guide/metrics.md', import.meta.url), 'utf8')

test('the code of the guide about metrics is the code that is run here', () => {
  const code = readFileSync(fixture('metrics/guide.ts'), 'utf8')
  const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block!)

  expect(blocks).toHaveLength(4)
  for (const block of blocks) expect(code).toContain(block)
})

test('what the guide about metrics declares is on :9090 as it says', async () => {
  const app = startApp('metrics/guide.ts', { OTEL_EXPORTER_PROMETHEUS_PORT: '0' })
  const [, url] = await app.said(/metrics on (\S+)/)
  await app.said(/ready/)

  const response = await fetch(url!)
  const text = await response.text()
  const series = text.split('\n').filter((line) => /^(?:http_|logins|sankofa)/.test(line))

  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(text).not.toContain('otel_scope')
  expect(series.filter((line) => !line.includes('_bucket'))).toEqual([
    'http_requests_total{method="GET",route="/quizzes/:id",status_code="200"} 1',
    'logins_total{outcome="success"} 1',
    'logins_total{outcome="failure"} 0',
    'http_request_duration_seconds_count{method="GET"} 1',
    'http_request_duration_seconds_sum{method="GET"} 0.042',
    'http_request_duration_seconds_count{method="POST"} 0',
    'http_request_duration_seconds_sum{method="POST"} 0',
    'http_requests_in_flight 0',
    'sankofa_billing_cost_usd{resource_id="vm-200",service="compute",tenant_id="tenant-2"} 7',
    'sankofa_proxmox_vm_cpu_usage_percent{tenant_id="tenant-2",vm_id="vm-200"} 42',
  ])
  expect(await app.said(/\| `http_requests_total`/)).toBeTruthy()
  app.process.kill()
  await app.ended()
})
