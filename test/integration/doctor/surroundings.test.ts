import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDoctorApp, manifestOf } from '../../support/doctor-app.ts'
import { startOtlpReceiver } from '../../support/otlp-receiver.ts'
import { runTelltale } from '../../support/telltale-cli.ts'
import { bundle } from './bundle.ts'
import { healthyEnvironment, runDoctor } from './run-doctor.ts'

/** Takes every connection and never says a word. */
async function startSilent(using: AsyncDisposableStack): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  using.defer(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('without a package.json an application is known by its command', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp()
  rmSync(join(app.folder, 'package.json'))
  const register = `${app.folder}/node_modules/telltale/dist/register.js`

  const { codes, json } = await runDoctor(app, healthyEnvironment(app, receiver.url), [
    '--',
    'node',
    '--import',
    register,
    `${app.folder}/server.mjs`,
  ])

  expect(codes).toEqual([])
  expect(json()).toMatchObject({ application: { name: app.folder, folder: app.folder } })
})

test('in a monorepo packages are found above, and the start script beside the service', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({
    'package.json': '{"name":"shop","private":true,"workspaces":["services/*"]}',
    'services/api/package.json': manifestOf({
      scripts: { start: 'node --import telltale/register src/server.mjs' },
    }),
    'services/api/src/server.mjs': "import 'pg'\n",
  })
  const env = healthyEnvironment(app, receiver.url)

  const { code, json } = await runTelltale(
    ['doctor', '--json', '--app', `${app.folder}/services/api`],
    env,
  )

  expect(json()).toMatchObject({
    application: { name: 'shop-api', folder: `${app.folder}/services/api` },
    errors: 0,
  })
  expect([0, 1]).toContain(code)
})

test('a tree of links, as pnpm makes it, is one copy of each package', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp()
  const modules = join(app.folder, 'node_modules')
  const store = join(modules, '.pnpm')
  for (const name of ['telltale', '@opentelemetry/api']) {
    const at = join(store, name.replace('/', '+'), 'node_modules', name)
    mkdirSync(join(at, '..'), { recursive: true })
    if (name === 'telltale') app.copyOwnPackage(at.slice(app.folder.length + 1))
    else cpSync(join(modules, name), at, { recursive: true, dereference: true })
    rmSync(join(modules, name))
    symlinkSync(at, join(modules, name))
  }
  // Beside telltale, in its own folder of the store, there are links to what it depends on.
  const beside = join(store, 'telltale/node_modules')
  rmSync(join(beside, 'telltale/node_modules'))
  app.linkRepository(beside)
  rmSync(join(beside, '@opentelemetry/api'))
  symlinkSync(join(modules, '@opentelemetry/api'), join(beside, '@opentelemetry/api'))

  const { findings } = await runDoctor(app, healthyEnvironment(app, receiver.url))

  expect(findings).toEqual([])
})

test('a bundle without its libraries has no findings', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({
    'package.json': manifestOf({
      scripts: { start: 'node --import telltale/register dist/server.mjs' },
    }),
    'plain.mjs': "import { createServer } from 'node:http'\ncreateServer().listen(0)\n",
  })
  await bundle(app.folder, 'plain.mjs', 'dist/server.mjs')

  const { codes } = await runDoctor(app, healthyEnvironment(app, receiver.url))

  expect(codes).toEqual([])
})

test('no secret that a preload fails with is shown', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({
    'package.json': manifestOf({
      scripts: { start: 'node --import ./early.mjs --import telltale/register server.mjs' },
    }),
    'early.mjs':
      'throw new Error(`no start with ${process.env.DB_PASSWORD} ${process.env.SLACK_WEBHOOK_URL} ${process.env.SENTRY_DSN} basic dXNlcjpwYXNz== api%20key`)\n',
  })
  const secrets = {
    DB_PASSWORD: 'hunter22-hunter22',
    SLACK_WEBHOOK_URL: 'https://hooks.slack.example/services/T0/B0/XyZ',
    SENTRY_DSN: 'https://b4a4f3d0c1e2@sentry.example.test/42',
  }
  const env = {
    ...healthyEnvironment(app, receiver.url),
    ...secrets,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=basic dXNlcjpwYXNz==,x-key=api%20key',
  }

  for (const words of [[], ['--json']]) {
    const { stdout, stderr } = await runTelltale(['doctor', '--app', app.folder, ...words], env)

    expect(stdout).toContain('no start with [hidden]')
    expect(stdout + stderr).not.toMatch(/hunter22|XyZ|b4a4f3d0c1e2|dXNlcjpwYXNz|==|api%20key/)
  }
})

test('a preload that never comes up, and leaves a process behind, does not hold up the doctor', async () => {
  await using stack = new AsyncDisposableStack()
  using app = makeDoctorApp({
    'package.json': manifestOf({
      scripts: { start: 'node --import ./early.mjs --import telltale/register server.mjs' },
    }),
    'early.mjs': `
      import { spawn } from 'node:child_process'
      // It holds our stderr, and outlives us.
      const child = spawn('sleep', ['120'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
      process.stderr.write('left behind: ' + child.pid + '\\n')
      await new Promise(() => setInterval(() => undefined, 1_000))`,
  })
  const env = healthyEnvironment(app, `http://127.0.0.1:${await startSilent(stack)}`)
  const before = performance.now()

  const { findings, codes } = await runDoctor(app, env)

  expect(performance.now() - before).toBeLessThan(110_000)
  expect(codes).toEqual(['start-failed', 'collector-silent', 'collector-silent'])
  const { what } = findings[0]!
  expect(what).toMatch(/it had not come up after 30 s/)
  process.kill(Number(/left behind: (\d+)/.exec(what)![1]))
})
