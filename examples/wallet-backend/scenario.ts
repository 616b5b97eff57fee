import { Redis } from 'ioredis'
import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import { join } from 'node:path'
import { assert } from '../support/assert.ts'
import type { Evidence } from '../support/contract.ts'
import { requirePrograms } from '../support/programs.ts'
import { findSecrets } from '../support/secrets.ts'
import type { Service } from '../support/services.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { proveAlerts, proveStartAndStop } from './scenario/alerts.ts'
import { proveAppLog, proveAuditFile, proveRetention } from './scenario/audit-file.ts'
import {
  proveBackupFigures,
  proveKeyFigures,
  proveQueueLength,
  proveZeros,
} from './scenario/figures.ts'
import { backUp, failBackups, proveRestore } from './scenario/backups.ts'
import { logIn, send } from './scenario/client.ts'
import { proveHealth } from './scenario/health.ts'
import { linesOf } from './scenario/look.ts'
import { provePrometheusSettings } from './scenario/metrics-settings.ts'
import { breakKeys, proveCorrelation, proveGrace, proveOneRotates } from './scenario/rotations.ts'
import { proveQuietInstance } from './scenario/quiet-instance.ts'
import { startProcess } from './scenario/services.ts'
import { type SlackServer, startSlackServer } from './scenario/slack-server.ts'
import { type As, createTeam } from './scenario/team.ts'

export const example: Example = { name: 'wallet-backend', contract, run }

const INTERVAL_MILLIS = 4_000
const ALERTS_PER_HOUR = 9
const WORKER = 'wallet-backend-worker'

async function run(stage: Stage): Promise<Evidence> {
  const { stack, open, say, prove } = stage
  const { addresses } = stack
  await requirePrograms(['pg_dump', 'pg_restore', 'jq'], say)
  const slack = open.use(await startSlackServer())
  const databaseUrl = await stack.createDatabase('wallet')
  const password = crypto.randomUUID()
  const auditFile = join(addresses.logs, 'audit.log')
  const variables = {
    DATABASE_URL: databaseUrl,
    BACKUP_DIRECTORY: join(addresses.logs, 'backups'),
    TELLTALE_AUDIT_MIRROR_FILE: auditFile,
    WALLET_PASSWORD: password,
    ...(await createKeys()),
    JWT_ROTATION_INTERVAL_MILLIS: String(INTERVAL_MILLIS),
    JWT_ROTATION_ALERT_ON_RETRY: 'true',
    TOKEN_LIFETIME_SECONDS: '12',
    SLACK_ALERTING_ENABLED: 'true',
    SLACK_WEBHOOK_URL: slack.webhookUrl,
    SLACK_MAX_ALERTS_PER_HOUR: String(ALERTS_PER_HOUR),
    SLACK_TIMEOUT_SECONDS: '1',
    CRITICAL_ERRORS_PER_MINUTE: '5',
  }
  const { api, worker } = await startBoth(stage, variables, slack, password)
  say('the API and its worker run on one host, each with its port')

  const as = createTeam(api, password)
  await useWallets(api, as, password)
  const backup = await backUp(stage, as)
  await proveRestore(stage, as, backup, databaseUrl)
  await failBackups(stage, as, WORKER)
  await proveQueueLength(stage, worker, as)
  await proveBackupFigures(stage, worker)
  say('a backup was made and restored; others failed, as they should')

  const redis = openRedis(open, addresses.redis)
  await proveGrace(stage, api, worker, redis, password)
  await proveSecondInstance(stage, worker, redis, variables, slack)
  await proveCorrelation(stage, WORKER)
  await proveKeyFigures(stage, worker)
  await breakKeys(stage, { api, worker }, redis, password, async () =>
    proveQuietInstance(stage, variables, slack),
  )
  await proveAlerts(stage, slack, WORKER, ALERTS_PER_HOUR)
  say('keys were rotated, by one of two instances, and people were told what failed')

  await proveHealth(stage, api, { databaseUrl, password })
  const heard = slack.texts.length
  await provePrometheusSettings(stage, api, variables)
  await proveStartAndStop(stage, () => slack.texts.slice(heard))
  await proveAuditFile(prove, auditFile)
  for (const { logFile } of [api, worker]) await proveAppLog(prove, logFile)
  await proveRetention(stage)
  await prove('the address of the Slack webhook appears nowhere', async () => {
    const secret = new URL(slack.webhookUrl).pathname.split('/').at(-1) ?? ''
    // A text that has to be everywhere: who looks in the wrong places finds no secret either.
    const control = backup.requestId
    const found = await findSecrets(
      [secret, password, control],
      ['wallet-backend', WORKER],
      [api.logFile, worker.logFile, auditFile],
      addresses,
    )
    const leaks = found.filter((place) => !place.endsWith(`${control.slice(0, 6)}…`))
    assert(leaks.length === 0, leaks.join(', '))
    assert(found.length >= 7, `the control was found only in ${found.join(', ')}`)
  })
  return {
    metricsUrls: { api: api.metricsUrl, worker: worker.metricsUrl },
    services: ['wallet-backend', WORKER],
    traces: { 'a backup ordered by an administrator, from the API to the worker': backup.traceId },
  }
}

/** Two keys to begin with; the first one is there only for tokens that were signed with it. */
async function createKeys(): Promise<{
  readonly JWT_KEYS: string
  readonly ACTIVE_JWT_KID: string
}> {
  const [old, active] = await Promise.all(
    [0, 1].map(async () => {
      const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
      return exportJWK(privateKey)
    }),
  )
  return {
    JWT_KEYS: JSON.stringify({ 'key-of-last-year': old, 'key-of-the-settings': active }),
    ACTIVE_JWT_KID: 'key-of-the-settings',
  }
}

async function startBoth(
  stage: Stage,
  variables: Readonly<Record<string, string>>,
  slack: SlackServer,
  password: string,
): Promise<{ readonly api: Service; readonly worker: Service }> {
  const { stack, open, prove } = stage
  const start = async (name: string, script: 'src/api.ts' | 'src/worker.ts'): Promise<Service> => {
    const service = open.use(await startProcess(stack.addresses, { name, script, variables }))
    stack.scrape(name, { address: new URL(service.metricsUrl).host, labels: { job: name } })
    return service
  }
  const api = await start('wallet-backend', 'src/api.ts')
  const token = await logIn(api.url, 'ada', password)
  await prove('JWT_KEYS and ACTIVE_JWT_KID', () => {
    const { kid } = decodeProtectedHeader(token)
    assert(kid === 'key-of-the-settings', `a token is signed with ${kid}`)
  })
  slack.hang(true)
  const worker = await start(WORKER, 'src/worker.ts')
  await prove('SLACK_TIMEOUT_SECONDS', async () => {
    const query = `{service="${WORKER}"} |= "Slack alert failed" | reason="TimeoutError"`
    await linesOf(stage, query)
  })
  slack.hang(false)
  return { api, worker }
}

async function useWallets(api: Service, as: As, password: string): Promise<void> {
  const wrong = { username: 'grace', password: 'guessed' }
  const guessed = await send(`${api.url}/login`, 'POST', undefined, wrong)
  assert(guessed.status === 401, `a wrong password was answered ${guessed.status}`)
  const forged = await send(`${api.url}/token/refresh`, 'POST', 'no.such.token')
  assert(forged.status === 401, `a forged token was answered ${forged.status}`)
  const token = await logIn(api.url, 'ada', password)
  const refreshed = await send(`${api.url}/token/refresh`, 'POST', token)
  assert(refreshed.status === 200, `a refresh was answered ${refreshed.status}`)
  const paid = await as('ada', '/transfers', { to: 'grace', amount: '12.50' })
  assert(paid.status === 200, `a transfer was answered ${paid.status}`)
  const own = await as('ada', '/transfers', { to: 'ada', amount: '1' })
  assert(own.status === 422, `a transfer to oneself was answered ${own.status}`)
  const long = await as('ada', '/transfers', { to: 'x'.repeat(200_000), amount: '1' })
  assert(long.status === 413, `a body without end was answered ${long.status}`)
  const curious = await as('ada', '/admin/backups')
  assert(curious.status === 403, `somebody else's order of a backup was answered ${curious.status}`)
}

async function proveSecondInstance(
  stage: Stage,
  worker: Service,
  redis: Redis,
  variables: Readonly<Record<string, string>>,
  slack: SlackServer,
): Promise<void> {
  const { stack, prove } = stage
  const heard = slack.texts.length
  await using second = await startProcess(stack.addresses, {
    name: `${WORKER}-2`,
    script: 'src/worker.ts',
    variables: { ...variables, SLACK_ALERTING_ENABLED: 'false' },
  })
  // It ends before the example does: a target that is down.
  const { host } = new URL(second.metricsUrl)
  stack.scrape(second.name, { address: host, labels: { job: second.name } })
  await proveZeros(prove, second)
  await proveOneRotates(stage, [worker, second], redis, INTERVAL_MILLIS)
  await prove('SLACK_ALERTING_ENABLED', () => {
    const texts = slack.texts.slice(heard)
    assert(
      !texts.some((text) => text.includes('worker started')),
      'an instance without alerting said that it started',
    )
  })
}

function openRedis(open: AsyncDisposableStack, url: string): Redis {
  const redis = new Redis(url)
  // It comes back by itself once the scenario has started Redis again.
  redis.on('error', () => {})
  open.defer(() => redis.disconnect())
  return redis
}
