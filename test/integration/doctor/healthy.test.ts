import { expect, test } from 'vitest'
import type { Finding } from '../../../src/cli/doctor/findings.ts'
import { makeDoctorApp, manifestOf } from '../../support/doctor-app.ts'
import { startOtlpReceiver } from '../../support/otlp-receiver.ts'
import { runTelltale } from '../../support/telltale-cli.ts'
import { healthyEnvironment, runDoctor } from './run-doctor.ts'

const SERVER = "createServer((_request, response) => response.end('ok')).listen(0)\n"
const APPS: readonly (readonly [string, string, string, string])[] = [
  [
    'ES modules',
    'server.mjs',
    'node --import telltale/register server.mjs',
    `import { createServer } from 'node:http'\nimport 'pg'\n${SERVER}`,
  ],
  [
    'CommonJS',
    'server.cjs',
    'NODE_OPTIONS="--import telltale/register" node server.cjs',
    `const { createServer } = require('node:http')\nrequire('pg')\n${SERVER}`,
  ],
  [
    'TypeScript',
    'server.ts',
    'node --import ./telemetry.ts server.ts',
    `import { createServer } from 'node:http'\nimport 'pg'\nconst port: number = 0\ncreateServer().listen(port)\n`,
  ],
]

test.each(APPS)(
  'a healthy application in %s has no findings',
  async (_kind, file, start, source) => {
    await using receiver = await startOtlpReceiver()
    using app = makeDoctorApp({
      'package.json': manifestOf({ scripts: { start } }),
      [file]: source,
      'telemetry.ts':
        "import { init } from 'telltale'\nconst serviceName: string = 'shop-api'\ninit({ serviceName })\n",
    })

    const { findings, fine, code } = await runDoctor(app, healthyEnvironment(app, receiver.url))

    expect(findings).toEqual([])
    expect(code).toBe(0)
    expect(fine.map(({ code }) => code)).toEqual(
      expect.arrayContaining([
        'node',
        'start',
        'api',
        'settings',
        'port',
        'spool',
        'process',
        'traces',
        'logs',
        'audit',
        'sent',
        'clock',
      ]),
    )
    expect(fine.find(({ code }) => code === 'process')?.what).toMatch(
      /patched: http, ioredis, pg, pg-pool, pino/,
    )
    // Not only said: they have arrived.
    expect(receiver.spans.map(({ name }) => name)).toContain('telltale doctor')
    expect(receiver.logs.map(({ body }) => body)).toContain('telltale doctor was here')
    expect(receiver.auditRecords.map(({ eventName }) => eventName)).toEqual([
      'telltale.audit.trail.started',
      'telltale.doctor',
      'telltale.audit.trail.stopped',
    ])
  },
)

test('the application itself is never run, and nothing is sent when that is not wanted', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({
    'server.mjs': "process.stderr.write('the application runs'); throw new Error('run')\n",
  })

  const { codes, stderr } = await runDoctor(app, healthyEnvironment(app, receiver.url), [
    '--no-round-trip',
  ])

  expect(codes).toEqual([])
  expect(stderr).not.toContain('the application runs')
  expect([receiver.spans, receiver.logs, receiver.auditRecords]).toEqual([[], [], []])
})

test.each([
  'node --env-file=.env --import telltale/register server.mjs',
  'node --import ./telemetry.mjs server.mjs',
  'node --import dotenv/config --import telltale/register server.mjs',
])('a .env that %j reads, or may read, is no finding', async (start) => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({
    'package.json': manifestOf({ scripts: { start } }),
    '.env': 'TELLTALE_LOG_LEVEL=debug\n',
    'server.mjs': "import 'node:http'\n",
    'telemetry.mjs': "import { init } from 'telltale'\nprocess.loadEnvFile()\ninit()\n",
    'node_modules/dotenv/package.json': '{"name":"dotenv","exports":{"./config":"./config.js"}}',
    'node_modules/dotenv/config.js': 'process.loadEnvFile()',
  })

  const { findings } = await runDoctor(app, healthyEnvironment(app, receiver.url))

  expect(findings).toEqual([])
})

test('what is turned off is not said to be patched', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({ 'server.mjs': "import 'node:http'\n" })
  const env = healthyEnvironment(app, receiver.url)

  const { fine } = await runDoctor(app, {
    ...env,
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'none-of-these',
  })

  const { what } = fine.find(({ code }) => code === 'process')!
  expect(what).toBe('Telltale is started first; patched: nothing')
})

test('it is not the service, though NODE_OPTIONS has it load the preload as well', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({
    'package.json': manifestOf({ scripts: { start: 'node server.mjs' } }),
  })
  const register = `file://${app.folder}/node_modules/telltale/dist/register.js`
  const env = {
    ...healthyEnvironment(app, receiver.url),
    NODE_OPTIONS: `--import ${register}`,
  }

  const { findings, stderr } = await runDoctor(app, env)

  expect(findings).toEqual([])
  expect(stderr).not.toContain('telltale: ')
  expect(receiver.spans.map(({ name }) => name)).toEqual(['telltale doctor'])
})

test('a command after -- says how it is started, whatever the start script says', async () => {
  await using receiver = await startOtlpReceiver()
  using app = makeDoctorApp({
    'package.json': manifestOf({ scripts: { start: 'node server.mjs' } }),
  })
  const register = `file://${app.folder}/node_modules/telltale/dist/register.js`

  const { codes, json } = await runDoctor(app, healthyEnvironment(app, receiver.url), [
    '--',
    'node',
    '--import',
    register,
    `${app.folder}/server.mjs`,
    '--help',
    '--password=hunter22',
  ])

  expect(codes).toEqual([])
  expect(JSON.stringify(json())).not.toContain('hunter22')
})

test('people read what is wrong last, with the way out, and no secret', async () => {
  using app = makeDoctorApp()
  const env = {
    ...healthyEnvironment(app, 'http://127.0.0.1:9'),
    TELLTALE_AUDIT_TOKEN: 'hunter22-hunter22',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=swordfish99',
    OTEL_SERVICE_NAMES: 'hunter22-hunter22',
  }

  const { stdout, stderr, code } = await runTelltale(['doctor', '--app', app.folder], env)

  expect(code).toBe(2)
  expect(stdout).toContain(
    `shop-api in ${app.folder}\nstarted by node --import telltale/register server.mjs\n`,
  )
  expect(stdout).toMatch(
    / {2}warning {2}setting-unknown\n {11}OTEL_SERVICE_NAMES is not a known setting; did you mean OTEL_SERVICE_NAME\?\n {11}-> /,
  )
  expect(stdout).toMatch(
    / {2}error {4}collector-refused\n {11}traces and logs, http:\/\/127\.0\.0\.1:9\/v1\/traces: .*\n {11}-> Start the Collector/,
  )
  expect(stdout.trimEnd()).toMatch(/\n2 errors, 1 warning$/)
  expect(stdout + stderr).not.toMatch(/hunter22|swordfish99/)
})

test('--json is one object whose members stay', async () => {
  using app = makeDoctorApp()
  const env = healthyEnvironment(app, 'http://127.0.0.1:9')

  const { json, code } = await runTelltale(['doctor', '--app', app.folder, '--json'], env)

  const { application, findings, ...counts } = json() as {
    application: object
    findings: readonly Finding[]
  }
  expect(code).toBe(2)
  expect(counts).toEqual({ errors: 2, warnings: 0 })
  expect(application).toEqual({
    name: 'shop-api',
    folder: app.folder,
    command: 'node --import telltale/register server.mjs',
  })
  const shapes = findings.map((finding) => {
    expect(finding.level).toMatch(/^(?:ok|warning|error)$/)
    expect(finding.code).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
    expect(finding.what).toMatch(/\w/)
    return `${finding.level === 'ok'} ${Object.keys(finding).toSorted().join()}`
  })
  expect(new Set(shapes)).toEqual(new Set(['true code,level,what', 'false code,level,wayOut,what']))
  expect(findings.filter(({ level }) => level === 'error').map(({ code }) => code)).toEqual([
    'collector-refused',
    'collector-refused',
  ])
})

test('where there is no application the command says what it needs, with exit code 3', async () => {
  using app = makeDoctorApp()

  const { code, stderr } = await runTelltale(['doctor', '--app', `${app.folder}/absent.js`])

  expect(code).toBe(3)
  expect(stderr).toContain('absent.js; "--app" says what the service runs')
})
