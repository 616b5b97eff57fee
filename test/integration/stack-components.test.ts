import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { until } from '../../deploy/stack/deadline.ts'
import { identify, isAlive, type ProcessIdentity } from '../../deploy/stack/process-identity.ts'
import { startPartOfStack, startStack } from '../../deploy/stack/stack.ts'

// The first build of all programs takes this long on two cores.
const FIRST_BUILD_MILLIS = 40 * 60_000

test.each(['fast', 'immediate', 'killed'] as const)(
  'PostgreSQL comes back on the same port with its data after a stop that is %s',
  async (way) => {
    await using stack = await startPartOfStack(['postgres'])
    const url = stack.addresses.postgres ?? ''
    const postgres = stack.component('postgres')
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer')
    const before = postgres.pid

    if (way === 'killed') {
      postgres.kill('SIGKILL')
      await until(() => !postgres.isRunning, 5_000)
    } else await postgres.stop({ mode: way })
    expect(postgres.pid).toBeUndefined()
    await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    await postgres.start()

    expect(postgres.pid).not.toBe(before)
    expect(stack.addresses.pids).toEqual({ postgres: postgres.pid })
    expect(await query(url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
  },
)

test('a component that is killed is seen as ended and can be started again', async () => {
  await using stack = await startPartOfStack(['redis'])
  const redis = stack.component('redis')

  redis.kill('SIGKILL')

  expect(await until(() => !redis.isRunning, 5_000)).toBe(true)
  await redis.start()
  expect(redis.isRunning).toBe(true)
})

test('the auditor may read the trail and nothing more', async () => {
  await using stack = await startPartOfStack(['postgres'])
  const auditor = stack.addresses.postgresAuditor ?? ''

  expect(await query(auditor, 'SELECT count(*)::int AS records FROM audit.records')).toEqual([
    { records: 0 },
  ])
  await expect(query(auditor, 'DELETE FROM audit.records')).rejects.toThrow('permission denied')
  await expect(query(auditor, 'CREATE TABLE audit.mine ()')).rejects.toThrow('permission denied')
})

test('an application gets a database that it owns and a login that sees nothing of the audit trail', async () => {
  await using stack = await startPartOfStack(['postgres'])

  const url = await stack.createDatabase('rewards')

  expect(await query(url, 'CREATE TABLE mine AS SELECT current_user AS name')).toEqual([])
  expect(await query(url, 'SELECT name FROM mine')).toEqual([{ name: 'rewards' }])
  const audit = url.replace(/rewards$/, 'telltale')
  await expect(query(audit, 'SELECT FROM audit.records')).rejects.toThrow('permission denied')
  await expect(stack.createDatabase('Robert"); --')).rejects.toThrow('a database name must match')
})

test('several stacks run beside each other', async () => {
  await using first = await startPartOfStack(['redis'])
  await using second = await startPartOfStack(['redis'])

  expect(second.addresses.redis).not.toBe(first.addresses.redis)
  await first.stop()
  expect(second.component('redis').isRunning).toBe(true)
})

test('the components of a program end with it, although it is killed', async () => {
  const program = `
    const { startPartOfStack } = await import(${JSON.stringify(import.meta.resolve('../../deploy/stack/stack.ts'))})
    const stack = await startPartOfStack(['postgres', 'redis'])
    console.log(JSON.stringify(stack.addresses))
    setInterval(() => {}, 1000)
  `
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const addresses = await firstLine(owner.stdout)
  const components = identitiesOf(addresses.pids)

  owner.kill('SIGKILL')

  expect(components).toHaveLength(2)
  expect(await until(() => !components.some(isAlive), 20_000)).toBe(true)
  await using _next = await startPartOfStack(['redis'])
  expect(existsSync(addresses.logs)).toBe(false)
})

test('a program that forgets its stack still ends, and the stack with it', async () => {
  const program = `
    const { startPartOfStack } = await import(${JSON.stringify(import.meta.resolve('../../deploy/stack/stack.ts'))})
    const stack = await startPartOfStack(['redis'])
    console.log(JSON.stringify(stack.addresses))
  `
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const components = identitiesOf((await firstLine(owner.stdout)).pids)

  expect(await until(() => owner.exitCode === 0, 10_000)).toBe(true)
  expect(await until(() => !components.some(isAlive), 20_000)).toBe(true)
})

test(
  'the whole stack comes up well, and its Prometheus scrapes what is added later',
  async () => {
    await using stack = await startStack({
      with: ['prometheus', 'alertmanager'],
      onProgress: (line) => process.stderr.write(`${line}\n`),
    })
    const { addresses } = stack

    expect(Object.keys(addresses.pids)).toHaveLength(7)
    stack.scrape('again', { address: new URL(addresses.collectorMetrics).host })
    const targets = (): Promise<readonly ScrapeTarget[]> => upTargets(addresses.prometheus ?? '')
    const allUp = await until(async () => (await targets()).length === 5, 30_000, 500)
    const names = (await targets()).map(({ labels }) => labels['component'] ?? labels['job'])
    expect(new Set(names)).toEqual(
      new Set(['collector', 'jaeger', 'loki', 'prometheus', 'services']),
    )
    expect(allUp).toBe(true)
    expect(await statusOf(`${addresses.auditOtlp}/v1/logs`, {})).toBe(401)
    const missing = (): Promise<readonly string[]> => missingFromScrape(addresses.collectorMetrics)
    await until(async () => (await missing()).length === 0, 30_000, 500)
    expect(await missing()).toEqual([])
    const authorization = `Bearer ${addresses.auditToken}`
    expect(await statusOf(`${addresses.auditOtlp}/v1/logs`, { authorization })).toBe(200)
  },
  FIRST_BUILD_MILLIS,
)

/** Metrics of the Collector that the alerts ask for and that a scrape does not have. */
async function missingFromScrape(url: string): Promise<readonly string[]> {
  const rules = readFileSync(
    new URL('../../deploy/prometheus/rules/audit.yaml', import.meta.url),
    'utf8',
  )
  const scraped = await (await fetch(url)).text()
  const names = new Set(rules.match(/\botelcol_[a-z0-9_]+/g))
  return [...names].filter((name) => !scraped.includes(`\n${name}{`))
}

interface ScrapeTarget {
  readonly health: string
  readonly labels: Readonly<Record<string, string>>
}

async function upTargets(prometheus: string): Promise<readonly ScrapeTarget[]> {
  const response = await fetch(`${prometheus}/api/v1/targets?state=active`)
  const answer: { readonly data: { readonly activeTargets: readonly ScrapeTarget[] } } = JSON.parse(
    await response.text(),
  )
  return answer.data.activeTargets.filter(({ health }) => health === 'up')
}

async function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"resourceLogs":[]}',
  })
  await response.arrayBuffer()
  return response.status
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}

interface Started {
  readonly pids: Readonly<Record<string, number>>
  readonly logs: string
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<Started> {
  for await (const line of createInterface({ input: stream })) return JSON.parse(line)
  throw new Error('the program ended without a line')
}

function identitiesOf(pids: Readonly<Record<string, number>>): readonly ProcessIdentity[] {
  return Object.values(pids)
    .map((pid) => identify(pid))
    .filter((identity) => identity !== undefined)
}
