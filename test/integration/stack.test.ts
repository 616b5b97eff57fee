import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PartialAddresses } from '../../deploy/stack/addresses.ts'
import { until } from '../../deploy/stack/deadline.ts'
import { identify, isAlive, type ProcessIdentity } from '../../deploy/stack/process-identity.ts'
import { createStackCli, type StackCli } from '../support/stack-cli.ts'

const PARTS = ['--only', 'postgres,redis']

test('up prints one JSON object with every key of the contract', async () => {
  await using cli = createStackCli()

  const addresses = await up(cli)

  expect(Object.keys(addresses).toSorted()).toEqual([
    'alertmanager',
    'auditOtlp',
    'auditToken',
    'checkpointPublicKey',
    'checkpoints',
    'collectorMetrics',
    'jaeger',
    'logs',
    'loki',
    'otlp',
    'pids',
    'postgres',
    'postgresAuditor',
    'prometheus',
    'redis',
  ])
  expect(addresses.postgres).toMatch(/^postgres:\/\/postgres:.+@127\.0\.0\.1:\d+\/telltale$/)
  expect(addresses.redis).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/)
  expect(addresses.otlp).toBeNull()
})

test('up answers the same addresses while the stack runs', async () => {
  await using cli = createStackCli()
  const first = await up(cli)

  expect(await up(cli)).toEqual(first)
})

test('two ups at the same moment start one stack', async () => {
  await using cli = createStackCli()

  const [first, second] = await Promise.all([up(cli), up(cli)])

  expect(second).toEqual(first)
  expect(cli.leftFolders()).toHaveLength(1)
})

test('down leaves no process, no folder and no record', async () => {
  await using cli = createStackCli()
  const processes = identitiesOf(await up(cli))

  const { code, stdout } = await cli.run(['down'])

  expect({ code, stdout }).toEqual({ code: 0, stdout: 'the stack is down\n' })
  expect(processes).toHaveLength(2)
  expect(processes.some(isAlive)).toBe(false)
  expect(cli.leftFolders()).toEqual([])
  expect(cli.leftRecords()).toEqual([])
})

test('down without a stack says so and succeeds', async () => {
  await using cli = createStackCli()

  expect(await cli.run(['down'])).toEqual({
    code: 0,
    stdout: 'no stack was running\n',
    stderr: '',
  })
})

test('status tells a stack that runs from one that lost a component and from none', async () => {
  await using cli = createStackCli()
  const none = await cli.run(['status', '--json'])
  const { pids } = await up(cli)
  const whole = await cli.run(['status', '--json'])
  process.kill(pids.redis ?? 0, 'SIGKILL')
  await until(() => identify(pids.redis ?? 0) === undefined, 5_000)
  const broken = await cli.run(['status', '--json'])

  expect([none.code, whole.code, broken.code]).toEqual([1, 0, 1])
  expect(JSON.parse(whole.stdout)).toMatchObject({
    running: true,
    components: { postgres: 'running', redis: 'running' },
    addresses: { pids },
  })
  expect(JSON.parse(broken.stdout)).toMatchObject({
    running: false,
    components: { postgres: 'running', redis: 'ended' },
  })
  const again = await cli.run(['up', ...PARTS])
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('redis ended meanwhile')
})

test('every component ends when the owner is killed, and the next up clears what it left', async () => {
  await using cli = createStackCli()
  const first = await up(cli)
  const processes = identitiesOf(first)

  process.kill(ownerOf(first), 'SIGKILL')

  expect(await until(() => !processes.some(isAlive), 20_000)).toBe(true)
  const second = await up(cli)
  expect(second.logs).not.toBe(first.logs)
  expect(cli.leftFolders()).toHaveLength(1)
})

test('down clears what a killed owner left', async () => {
  await using cli = createStackCli()
  const addresses = await up(cli)
  const processes = identitiesOf(addresses)
  process.kill(ownerOf(addresses), 'SIGKILL')

  await cli.run(['down'])

  expect(processes.some(isAlive)).toBe(false)
  expect(cli.leftFolders()).toEqual([])
  expect(cli.leftRecords()).toEqual([])
})

test('an up that is interrupted leaves nothing behind', async () => {
  await using cli = createStackCli()
  const interrupted = cli.start(['up', ...PARTS])
  await once(interrupted.stderr ?? interrupted, 'data')

  interrupted.kill('SIGINT')

  expect(await until(() => cli.leftFolders().length === 0, 20_000)).toBe(true)
  expect(cli.leftRecords().filter((file) => file.endsWith('.json'))).toEqual([])
})

test('a process that only has the number of a recorded one is left alone', async () => {
  await using cli = createStackCli()
  const bystander = spawn('sleep', ['60'])
  try {
    const pid = bystander.pid ?? 0
    const former = { pid, startTime: '1' }
    const folder = join(cli.cacheDirectory, 'stacks')
    mkdirSync(folder)
    writeFileSync(
      join(folder, 'owned-1-00000000.json'),
      JSON.stringify({
        owner: former,
        stateDirectory: join(cli.cacheDirectory, 'absent'),
        components: ['redis'],
        processes: { redis: former },
      }),
    )

    await cli.run(['down'])

    expect(cli.leftRecords()).toEqual([])
    expect(identify(pid)).toBeDefined()
  } finally {
    bystander.kill()
  }
})

test('a fixed port that is taken is named with its use', async () => {
  await using cli = createStackCli()
  const server = createServer()
  // Taken already is as good as taken by us.
  server.on('error', () => {})
  server.listen(16_379, '127.0.0.1')

  const { code, stderr } = await cli.run(['up', '--only', 'redis', '--fixed-ports'])
  server.close()

  expect(code).toBe(1)
  expect(stderr).toContain('taken: 16379 (redis)')
  expect(stderr).toContain('leave out --fixed-ports')
  expect(cli.leftFolders()).toEqual([])
})

test.each([
  [['restart'], 'the command must be up, down or status; got "restart"'],
  [['up', '--with', 'grafana'], '"with" takes prometheus and alertmanager; got "grafana"'],
  [['up', '--only', 'mysql'], '"--only" takes postgres, redis'],
  [['up', '--name', '../x'], '"--name" must match'],
  [['up', '--jsn'], "Unknown option '--jsn'"],
])('%j is refused with the rule', async (args, message) => {
  await using cli = createStackCli()

  const { code, stderr } = await cli.run(args)

  expect(code).toBe(1)
  expect(stderr).toContain(message)
})

async function up(cli: StackCli): Promise<PartialAddresses> {
  const { code, stdout, stderr } = await cli.run(['up', '--json', ...PARTS])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

function identitiesOf(addresses: PartialAddresses): readonly ProcessIdentity[] {
  return Object.values(addresses.pids)
    .map((pid) => identify(pid))
    .filter((identity) => identity !== undefined)
}

/** The process that started the components. */
function ownerOf({ pids }: PartialAddresses): number {
  const status = readFileSync(`/proc/${pids.redis}/status`, 'utf8')
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1])
  if (!(parent > 1)) throw new Error('redis has no owner')
  return parent
}
