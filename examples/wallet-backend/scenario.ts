import { Redis } from 'ioredis'
import { exportJWK, generateKeyPair, decodeProtectedHeader } from 'jose'
import { join } from 'node:path'
import { Client } from 'pg'

import { assert } from '../support/assert.ts'
import { readAuditRows } from '../support/audit-rows.ts'
import type { Evidence } from '../support/contract.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { readLogs } from '../support/logs.ts'
import { requirePrograms } from '../support/programs.ts'
import { untilScraped } from '../support/prometheus.ts'
import { findSecrets } from '../support/secrets.ts'
import type { Service } from '../support/services.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { proveAuditFile } from './scenario/audit-file.ts'
import { logIn, send } from './scenario/client.ts'
import { breakRotation, proveGrace, proveOneRotates } from './scenario/rotations.ts'
import { startProcess } from './scenario/services.ts'
import { type SlackServer, startSlackServer } from './scenario/slack-server.ts'

export const example: Example = { name: 'wallet-backend', contract, run }

const INTERVAL_MILLIS = 4_000
const PATIENCE = { withinMillis: 30_000 }

async function run(stage: Stage): Promise<Evidence> {
  const { stack, open, say, prove } = stage
  const { addresses } = stack
  await requirePrograms(['pg_dump', 'pg_restore', 'jq'], say)
  const slack = open.use(await startSlackServer())
  const databaseUrl = await stack.createDatabase('wallet')
  const password = crypto.randomUUID()
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const auditFile = join(addresses.logs, 'audit.log')
  const variables = {
    DATABASE_URL: databaseUrl,
    BACKUP_DIRECTORY: join(addresses.logs, 'backups'),
    TELLTALE_AUDIT_MIRROR_FILE: auditFile,
    WALLET_PASSWORD: password,
    JWT_KEYS: JSON.stringify({ 'key-of-the-settings': await exportJWK(privateKey) }),
    ACTIVE_JWT_KID: 'key-of-the-settings',
    JWT_ROTATION_INTERVAL_MILLIS: String(INTERVAL_MILLIS),
    JWT_ROTATION_ALERT_ON_RETRY: 'true',
    TOKEN_LIFETIME_SECONDS: '12',
    SLACK_ALERTING_ENABLED: 'true',
    SLACK_WEBHOOK_URL: slack.webhookUrl,
    SLACK_MAX_ALERTS_PER_HOUR: '7',
    SLACK_TIMEOUT_SECONDS: '1',
  }
  const api = open.use(
    await startProcess(addresses, { name: 'wallet-backend', script: 'src/api.ts', variables }),
  )
  const firstToken = await logIn(api.url, 'ada', password)
  await prove('JWT_KEYS and ACTIVE_JWT_KID', () => {
    const { kid } = decodeProtectedHeader(firstToken)
    assert(kid === 'key-of-the-settings', `a token is signed with ${kid}`)
  })
  const workerName = 'wallet-backend-worker'
  slack.hang(true)
  const worker = open.use(
    await startProcess(addresses, { name: workerName, script: 'src/worker.ts', variables }),
  )
  await prove('SLACK_TIMEOUT_SECONDS', async () => lineOf(stage, workerName, 'Slack alert failed'))
  slack.hang(false)
  for (const [name, service] of Object.entries({ 'wallet-backend': api, [workerName]: worker })) {
    stack.scrape(name, { address: new URL(service.metricsUrl).host, labels: { job: name } })
  }
  say('the API and its worker run on one host, each with its port')

  await useWallets(api, password)
  const admin = await logIn(api.url, 'admin', password)
  const traceId = await proveRestore(stage, api, admin, databaseUrl)
  // What begins at 0 has to be seen at 0, or nobody sees it grow.
  await untilScraped(addresses, 'db_backup_failed_total and db_backup_size_bytes_count')
  const again = await logIn(api.url, 'admin', password)
  await send(`${api.url}/admin/backups`, 'POST', again)
  await send(`${api.url}/admin/backups`, 'POST', again, { database: 'nowhere' })
  await untilRecorded(stage, workerName, 'db_backup_failed')
  await send(`${api.url}/admin/restores`, 'POST', again, { file: 'nothing.dump' })
  await untilRecorded(stage, workerName, 'db_restore_failed')
  say('a backup was made and restored; others failed, as they should')

  // A fresh one: on a busy machine the first has run out by now.
  const token = await logIn(api.url, 'ada', password)
  await proveGrace(prove, api, worker, redisOf(open, addresses.redis), token)
  await proveSecondInstance(stage, variables, slack)
  await breakRotation(worker, redisOf(open, addresses.redis))
  await proveAlerts(stage, slack, workerName)
  say('keys were rotated, by one of two instances, and people were told what failed')

  await proveHealth(stage, api)
  await provePrometheusSettings(stage, variables)
  await proveAuditFile(prove, auditFile)
  await prove('the address of the Slack webhook appears nowhere', async () => {
    const { pathname } = new URL(slack.webhookUrl)
    const secret = pathname.split('/').at(-1) ?? pathname
    const found = await findSecrets(
      [secret, password],
      ['wallet-backend', workerName],
      [api.logFile, worker.logFile, auditFile],
      addresses,
    )
    assert(found.length === 0, found.join(', '))
  })
  return {
    metricsUrls: { api: api.metricsUrl, worker: worker.metricsUrl },
    services: ['wallet-backend', workerName],
    traces: { 'a backup ordered by an administrator, from the API to the worker': traceId },
    healthChecks: await healthChecksOf(api),
  }
}

async function useWallets(api: Service, password: string): Promise<void> {
  const wrong = await send(`${api.url}/login`, 'POST', undefined, {
    username: 'grace',
    password: 'guessed',
  })
  assert(wrong.status === 401, `a wrong password was answered ${wrong.status}`)
  const forged = await send(`${api.url}/token/refresh`, 'POST', 'no.such.token')
  assert(forged.status === 401, `a forged token was answered ${forged.status}`)
  const token = await logIn(api.url, 'ada', password)
  const refreshed = await send(`${api.url}/token/refresh`, 'POST', token)
  assert(refreshed.status === 200, `a refresh was answered ${refreshed.status}`)
  const paid = await send(`${api.url}/transfers`, 'POST', token, { to: 'grace', amount: '12.50' })
  assert(paid.status === 200, `a transfer was answered ${paid.status}`)
  const curious = await send(`${api.url}/admin/backups`, 'POST', token)
  assert(curious.status === 403, `somebody else's order of a backup was answered ${curious.status}`)
}

/** Backs up, changes, restores. @returns the trace of the order */
async function proveRestore(
  stage: Stage,
  api: Service,
  admin: string,
  databaseUrl: string,
): Promise<string> {
  const { addresses } = stage.stack
  const ordered = await send(`${api.url}/admin/backups`, 'POST', admin)
  assert(ordered.status === 202, `the order of a backup was answered ${ordered.status}`)
  const made = await eventually(
    'the record of the backup',
    async () => readAuditRows(addresses.postgresAuditor, 'request_id', ordered.requestId),
    (rows) => rows.some(({ event_name }) => event_name === 'db_backup_succeeded'),
    PATIENCE,
  )
  const succeeded = made.find(({ event_name }) => event_name === 'db_backup_succeeded')
  await stage.prove('what was backed up is there again after a restore', async () => {
    const before = await balances(databaseUrl)
    await query(databaseUrl, `UPDATE wallets SET balance = 0`)
    const file = succeeded?.details['file']
    const restored = await send(`${api.url}/admin/restores`, 'POST', admin, { file })
    assert(restored.status === 202, `the order of a restore was answered ${restored.status}`)
    await eventually(
      'the balances from before',
      async () => balances(databaseUrl),
      (now) => now === before,
      PATIENCE,
    )
  })
  return succeeded?.trace_id ?? ''
}

async function balances(databaseUrl: string): Promise<string> {
  return JSON.stringify(await query(databaseUrl, 'SELECT owner, balance FROM wallets ORDER BY 1'))
}

async function query(databaseUrl: string, text: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function proveSecondInstance(
  stage: Stage,
  variables: Readonly<Record<string, string>>,
  slack: SlackServer,
): Promise<void> {
  const heard = slack.texts.length
  const name = 'wallet-backend-worker-2'
  await using _second = await startProcess(stage.stack.addresses, {
    name,
    script: 'src/worker.ts',
    variables: { ...variables, SLACK_ALERTING_ENABLED: 'false' },
  })
  await proveOneRotates(stage, ['wallet-backend-worker', name], INTERVAL_MILLIS)
  await stage.prove('SLACK_ALERTING_ENABLED', () => {
    const texts = slack.texts.slice(heard)
    assert(
      !texts.some((text) => text.includes('worker started')),
      'an instance without alerting said that it started',
    )
  })
}

async function proveAlerts(stage: Stage, slack: SlackServer, workerName: string): Promise<void> {
  const { prove } = stage
  const find = (event: string): string | undefined =>
    slack.texts.find((text) => text.startsWith(`🚨 [PRODUCTION] ${event}\n`))
  await prove('JWT_ROTATION_ALERT_ON_ERROR', () => {
    const text = find('JWT key rotation failed') ?? ''
    const lines = /\nError: .+\nTimestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\nSeverity: critical\n/
    assert(lines.test(text), `the alert is ${text}`)
  })
  await prove('JWT_ROTATION_ALERT_ON_RETRY', () => {
    assert(find('JWT key rotation retried') !== undefined, `there are ${slack.texts.join('; ')}`)
  })
  await prove('SLACK_MAX_ALERTS_PER_HOUR', async () => {
    await lineOf(stage, workerName, 'Slack alert held back')
    // One of the seven was the one that timed out.
    assert(slack.texts.length === 6, `${slack.texts.length} alerts came`)
  })
}

async function proveHealth({ prove }: Stage, api: Service): Promise<void> {
  await prove('GET /health has exactly the keys and values of the team', async () => {
    const { status, text } = await send(`${api.url}/health`, 'GET')
    const exact =
      /^\{"status":"healthy","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","version":"1\.0\.0","checks":\{"database":"healthy","redis":"healthy","celery":"healthy"\}\}\s*$/
    assert(status === 200 && exact.test(text), `it is ${status} ${text}`)
  })
}

async function healthChecksOf(api: Service): Promise<Record<string, string>> {
  const { body } = await send(`${api.url}/health`, 'GET')
  return { ...(body['checks'] as Record<string, string>) }
}

async function provePrometheusSettings(
  { stack, prove }: Stage,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const metricsPort = await freePort()
  await using onPort = await startProcess(stack.addresses, {
    name: 'wallet-backend-port',
    script: 'src/api.ts',
    metricsPort,
    variables: { ...variables, PROMETHEUS_HOST: '127.0.0.2' },
  })
  const at = async (host: string): Promise<string> => {
    const response = await fetch(`http://${host}:${metricsPort}/metrics`)
    return response.text()
  }
  await prove('PROMETHEUS_PORT', async () => {
    assert((await at('127.0.0.2')).includes('http_requests_total'), 'the metrics are not there')
  })
  await prove('PROMETHEUS_HOST', async () => {
    const elsewhere = await at('127.0.0.1').catch(() => undefined)
    assert(elsewhere === undefined, 'it listens on another address as well')
  })
  await onPort.stop()
  await using silent = await startProcess(stack.addresses, {
    name: 'wallet-backend-silent',
    script: 'src/api.ts',
    variables: { ...variables, PROMETHEUS_ENABLED: 'false' },
  })
  await prove('PROMETHEUS_ENABLED=false', async () => {
    const response = await fetch(silent.metricsUrl)
    assert(!(await response.text()).includes('http_requests_total'), 'there are metrics')
  })
}

async function untilRecorded({ stack }: Stage, service: string, event: string): Promise<void> {
  await eventually(
    `a record of ${event}`,
    async () => readAuditRows(stack.addresses.postgresAuditor, 'service_name', service),
    (rows) => rows.some(({ event_name }) => event_name === event),
    PATIENCE,
  )
}

async function lineOf({ stack }: Stage, service: string, message: string): Promise<void> {
  await eventually(
    `the log line "${message}"`,
    async () => readLogs(stack.addresses.loki, { query: `{service="${service}"} |= "${message}"` }),
    (lines) => lines.length > 0,
    PATIENCE,
  )
}

function redisOf(open: AsyncDisposableStack, url: string): Redis {
  const redis = new Redis(url)
  open.defer(() => redis.disconnect())
  return redis
}
