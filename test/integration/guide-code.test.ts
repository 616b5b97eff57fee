import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PartialAddresses, type Stack, startPartOfStack } from '../../deploy/stack/stack.ts'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { startApp } from '../support/run-app.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tt-guide-'))
let stack: Stack<PartialAddresses>

beforeAll(async () => {
  stack = await startPartOfStack(['postgres', 'redis'])
}, 300_000)

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await stack?.stop()
})

test('the code of the guide compiles', () => {
  const { stdout } = spawnSync('tsc', ['-p', 'test/fixtures/guide'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env['PATH']}` },
  })

  expect(stdout).toBe('')
}, 120_000)

describe('the guide to health', () => {
  test('health-checks.ts answers in its own shape, is ready, and shows metrics', async () => {
    const app = startApp('guide/health-checks.ts', {
      OTEL_SDK_DISABLED: undefined,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      DATABASE_URL: stack.addresses.postgres ?? undefined,
      REDIS_URL: stack.addresses.redis ?? undefined,
      PORT: '0',
    })
    const [, port] = await app.said(/listening on .*port: (\d+)/s)
    const ask = async (path: string): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`)
      return `${response.status} ${await response.text()}`
    }

    await expect
      .poll(() => ask('/health'), { timeout: 60_000, interval: 100 })
      .toMatch(
        /^200 \{"status":"healthy","timestamp":"[-0-9]{10}T[:0-9]{8}Z","version":"1.0.0","checks":\{"database":"healthy","redis":"healthy"\}\}\n$/,
      )
    expect(await ask('/ready')).toMatch(/^200 /)
    expect(await ask('/metrics')).toMatch(/telltale_health_check_status\{check="disk"\}/)
    app.process.kill('SIGTERM')
    await app.ended()
  }, 120_000)

  test('health-routes.ts answers in every framework', async () => {
    const app = startApp('guide/health-routes.ts', {
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    })
    const [line] = await app.said(/^\[.*\]$/m)
    const ports = [...line.matchAll(/"port":(\d+)|:(\d+)"/g)].map((match) => match[1] ?? match[2])
    expect(ports).toHaveLength(4)

    for (const port of ports) {
      const response = await fetch(`http://127.0.0.1:${port}/health`)
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'application/json; charset=utf-8',
      ])
      expect(await response.json()).toMatchObject({ status: 'healthy' })
    }
    app.process.kill('SIGTERM')
    await app.ended()
  }, 120_000)
})

test('the guide to operations: a backup feeds the team’s metrics, traces, logs and the audit trail', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('health/run-operations.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    FOLDER: folder,
  })
  await app.said(/backed up 10\nfailed ENOENT\ndone/)
  const [, url] = await app.said(/metrics on (\S+)/)

  const text = await (await fetch(url!)).text()
  app.process.kill('SIGTERM')
  await app.ended()

  for (const line of [
    'db_backup_total{env="test"} 2',
    'db_backup_total{env="production"} 0',
    'db_backup_failed_total{env="test"} 1',
    'db_backup_duration_seconds_count{env="test"} 2',
    'db_backup_size_bytes_sum{env="test"} 10',
    'certificates_expiring_soon{ca="issuing"} 3',
    'telltale_job_runs_total{job_name="expiry",outcome="success"} 1',
  ]) {
    expect(text).toContain(`${line}\n`)
  }
  expect(receiver.spans.map(({ name }) => name).toSorted()).toEqual([
    'database backup',
    'database backup',
    'expiry',
  ])
  expect(receiver.logs.map(({ body }) => body)).toContain('database backup failed')
  expect(receiver.auditRecords.map(({ eventName }) => eventName)).toEqual(
    expect.arrayContaining(['db_backup_succeeded', 'db_backup_failed']),
  )
}, 120_000)
