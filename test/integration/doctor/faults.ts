import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { parkRecord } from '../../../src/audit/spool/parked.ts'
import type { FindingCode } from '../../../src/cli/doctor/findings.ts'
import { manifestOf, type DoctorApp } from '../../support/doctor-app.ts'
import type { OtlpReceiver } from '../../support/otlp-receiver.ts'
import { bundle } from './bundle.ts'
import { startTlsServer } from './tls-server.ts'

/** Where a fault is planted: everything in it is right before. */
export interface Ground {
  readonly app: DoctorApp
  readonly env: Record<string, string>
  /** The Collector. */
  readonly receiver: OtlpReceiver
  /** Closed when the test is over. */
  readonly using: AsyncDisposableStack
}

/** A fault, and everything that the doctor finds then. */
export interface Fault {
  readonly name: string
  readonly codes: readonly FindingCode[]
  /** What is said of the first of them. */
  readonly says: RegExp
  readonly plant: (ground: Ground) => void | Promise<void>
}

const started = (start: string, changes: object = {}): Record<string, string> => ({
  'package.json': manifestOf({ scripts: { start }, ...changes }),
})

const preloads = (text: string): Record<string, string> => ({
  ...started('node --import ./early.mjs --import telltale/register server.mjs'),
  'early.mjs': text,
})

/** Every fault that is planted. */
export const faults: readonly Fault[] = [
  {
    name: 'the start script has no preload',
    codes: ['preload-missing'],
    says: /no --import or --require, and NODE_OPTIONS has none/,
    plant: ({ app }) => app.write(started('node server.mjs')),
  },
  {
    name: 'the preload stands behind the application',
    codes: ['preload-missing'],
    says: /^--import stands behind server\.mjs, where it is a parameter of the application$/,
    plant: ({ app }) => app.write(started('node server.mjs --import telltale/register')),
  },
  {
    name: 'a preload of the application does not call init()',
    codes: ['preload-missing'],
    says: /none of \.\/early\.mjs calls init\(\)/,
    plant: ({ app }) =>
      app.write({ ...started('node --import ./early.mjs server.mjs'), 'early.mjs': 'export {}' }),
  },
  {
    name: 'the application imports the file that calls init()',
    codes: ['preload-in-code'],
    says: /telemetry\.mjs imports telltale, and is no preload/,
    plant: ({ app }) =>
      app.write({
        ...started('node server.mjs'),
        'telemetry.mjs': "import { init } from 'telltale'\ninit()\n",
        'server.mjs': "import './telemetry.mjs'\nimport 'pg'\n",
      }),
  },
  {
    name: 'the Dockerfile leaves the preload out',
    codes: ['docker-preload-missing'],
    says: /Dockerfile runs "node server\.mjs"/,
    plant: ({ app }) =>
      app.write({ Dockerfile: 'FROM node:24\nCOPY . .\nCMD ["node", "server.mjs"]\n' }),
  },
  {
    name: 'a preload before ours loads http and pg',
    // pg loads pg-pool.
    codes: ['loaded-too-early', 'loaded-too-early', 'loaded-too-early'],
    says: /^http \(loaded before init\(\)\)$/,
    plant: ({ app }) => app.write(preloads("import 'node:http'\nimport 'pg'\n")),
  },
  {
    name: 'the preload is not there',
    codes: ['start-failed'],
    says: /Cannot find module .*absent\.mjs/,
    plant: ({ app }) => app.write(started('node --import ./absent.mjs server.mjs')),
  },
  {
    name: 'the application has not been built',
    codes: ['entry-missing'],
    says: /dist\/server\.js is not there/,
    plant: ({ app }) => app.write(started('node --import telltale/register dist/server.js')),
  },
  {
    name: 'the start command is none that is understood',
    codes: ['start-unknown'],
    says: /no start script of .* runs node/,
    plant: ({ app }) => app.write(started('./run.sh')),
  },
  {
    name: "the packages are in Yarn's Plug'n'Play",
    codes: ['packages-elsewhere'],
    says: /\.pnp\.cjs says where the packages are/,
    plant({ app }) {
      rmSync(join(app.folder, 'node_modules'), { recursive: true })
      app.write({ '.pnp.cjs': 'module.exports = {}' })
    },
  },
  {
    name: 'an agent of another maker is preloaded too',
    codes: ['preload-of-another'],
    says: /dd-trace\/init is preloaded too/,
    plant: ({ app }) =>
      app.write({
        ...started('node --import telltale/register --import dd-trace/init server.mjs'),
        'node_modules/dd-trace/package.json':
          '{"name":"dd-trace","exports":{"./init":"./init.js"}}',
        'node_modules/dd-trace/init.js': '',
      }),
  },
  {
    name: 'another SDK registers its tracer provider first',
    codes: ['api-taken'],
    says: /another OpenTelemetry SDK/,
    plant: ({ app }) =>
      app.write(
        preloads(`
          import { INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api'
          const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
          const tracer = { startSpan: () => span, startActiveSpan: (...args) => args.at(-1)(span) }
          trace.setGlobalTracerProvider({ getTracer: () => tracer })`),
      ),
  },
  {
    name: 'the host has created the global of the API in an older version',
    codes: ['api-taken', 'preload-missing'],
    says: /version 1\.9\.0 of @opentelemetry\/api is registered by another SDK/,
    plant: ({ app }) =>
      app.write({
        ...started('node --import ./early.mjs server.mjs'),
        'early.mjs': "globalThis[Symbol.for('opentelemetry.js.api.1')] = { version: '1.9.0' }\n",
      }),
  },
  {
    name: 'the application has an older @opentelemetry/api',
    codes: ['api-mismatch'],
    says: /the application loads @opentelemetry\/api 1\.9\.0, Telltale 1\.10\.0/,
    plant: ({ app }) =>
      app.copyPackage('@opentelemetry/api', 'node_modules/@opentelemetry/api', '1.9.0'),
  },
  {
    name: 'a library brings a newer @opentelemetry/api',
    codes: ['api-copies'],
    says: /besides 1\.10\.0 there is 1\.11\.0 in node_modules\/billing\/node_modules/,
    plant: ({ app }) => {
      app.write({ 'node_modules/billing/package.json': '{"name":"billing"}' })
      const at = 'node_modules/billing/node_modules/@opentelemetry/api'
      app.copyPackage('@opentelemetry/api', at, '1.11.0')
    },
  },
  {
    name: 'the application has no @opentelemetry/api',
    codes: ['api-not-found'],
    says: /no @opentelemetry\/api can be loaded/,
    plant: ({ app, env }) => {
      rmSync(join(app.folder, 'node_modules/@opentelemetry/api'))
      // Nothing can be sent without it.
      env['DOCTOR_WORDS'] = '--no-round-trip'
    },
  },
  {
    name: 'a library logs through an @opentelemetry/api-logs that nobody serves',
    codes: ['api-logs-silent'],
    says: /logger provider does nothing/,
    plant: ({ app }) =>
      app.write({
        'node_modules/@opentelemetry/api-logs/package.json': '{"main":"index.js"}',
        'node_modules/@opentelemetry/api-logs/index.js':
          'class NoopLoggerProvider {}\nexports.logs = { getLoggerProvider: () => new NoopLoggerProvider() }\n',
      }),
  },
  {
    name: 'an instrumentation brings its own import-in-the-middle',
    codes: ['hook-copies'],
    says: /instrumentation-koa uses import-in-the-middle .* in node_modules/,
    plant: ({ app }) => {
      const koa = 'node_modules/@opentelemetry/instrumentation-koa'
      const base = '@opentelemetry/instrumentation'
      app.link('@opentelemetry/core', '@opentelemetry/semantic-conventions')
      app.link('require-in-the-middle', 'cjs-module-lexer', 'es-module-lexer')
      app.link('module-details-from-path')
      app.copyPackage('@opentelemetry/instrumentation-koa', koa)
      app.copyPackage(base, `${koa}/node_modules/${base}`)
      app.copyPackage('import-in-the-middle', `${koa}/node_modules/import-in-the-middle`)
      app.write({
        'package.json': manifestOf({ dependencies: { '@opentelemetry/instrumentation-koa': '*' } }),
      })
    },
  },
  {
    name: 'pg is instrumented twice',
    codes: ['instrumentation-twice'],
    says: /@opentelemetry\/instrumentation-pg is there twice/,
    plant: ({ app }) => {
      app.link('@opentelemetry/instrumentation-pg')
      app.write({
        ...started('node --import ./telemetry.mjs server.mjs'),
        'telemetry.mjs': `
          import { createRequire } from 'node:module'
          import { init } from 'telltale'
          const { PgInstrumentation } = createRequire(import.meta.url)('@opentelemetry/instrumentation-pg')
          init({ instrumentations: [new PgInstrumentation(), new PgInstrumentation()] })`,
      })
    },
  },
  {
    name: 'ioredis is too old for its instrumentation',
    codes: ['version-not-supported'],
    says: /ioredis 1\.15\.1 is not among/,
    plant: ({ app }) => {
      app.write({
        'package.json': manifestOf({ dependencies: { ioredis: '1.15.1' } }),
      })
      rmSync(join(app.folder, 'node_modules/ioredis'))
      app.write({
        'node_modules/ioredis/package.json': '{"name":"ioredis","version":"1.15.1"}',
        'node_modules/ioredis/index.js': 'module.exports = class Redis {}\n',
      })
    },
  },
  {
    name: 'the application is bundled with its libraries',
    codes: ['bundle-with-libraries'],
    says: /server\.bundle\.mjs, made by rolldown, contains pg/,
    plant: async ({ app }) => {
      await bundle(app.folder, 'server.mjs', 'server.bundle.mjs')
      app.write(started('node --import telltale/register server.bundle.mjs'))
    },
  },
  {
    name: 'a variable is misspelt',
    codes: ['setting-unknown'],
    says: /OTEL_EXPORTER_OTLP_ENDPIONT is not a known setting; did you mean OTEL_EXPORTER_OTLP_ENDPOINT\?/,
    plant: ({ env }) => void (env['OTEL_EXPORTER_OTLP_ENDPIONT'] = 'http://collector:4318'),
  },
  {
    name: 'a variable has a value that cannot be used',
    codes: ['setting-unusable'],
    says: /OTEL_BSP_MAX_QUEUE_SIZE .* must be a whole number/,
    plant: ({ env }) => void (env['OTEL_BSP_MAX_QUEUE_SIZE'] = 'many'),
  },
  {
    name: 'a variable is set that means nothing here',
    codes: ['setting-without-effect'],
    says: /OTEL_EXPORTER_OTLP_INSECURE has no effect/,
    plant: ({ env }) => void (env['OTEL_EXPORTER_OTLP_INSECURE'] = 'true'),
  },
  {
    name: 'the SDK is turned off in an env file',
    codes: ['sdk-disabled'],
    says: /OTEL_SDK_DISABLED is true/,
    plant: ({ app }) =>
      app.write({
        ...started('node --env-file=.env --import telltale/register server.mjs'),
        '.env': 'OTEL_SDK_DISABLED=true\n',
      }),
  },
  {
    name: 'spans are sent nowhere',
    codes: ['exporter-none'],
    says: /OTEL_TRACES_EXPORTER is none/,
    plant: ({ env }) => void (env['OTEL_TRACES_EXPORTER'] = 'none'),
  },
  {
    name: 'no trace is ever sampled',
    codes: ['nothing-sampled'],
    says: /^OTEL_TRACES_SAMPLER is always_off$/,
    plant: ({ env }) => void (env['OTEL_TRACES_SAMPLER'] = 'always_off'),
  },
  {
    name: 'of all traces a share of 0 is sampled',
    codes: ['nothing-sampled'],
    says: /^OTEL_TRACES_SAMPLER is parentbased_traceidratio with OTEL_TRACES_SAMPLER_ARG 0\.0$/,
    plant({ env }) {
      env['OTEL_TRACES_SAMPLER'] = 'parentbased_traceidratio'
      env['OTEL_TRACES_SAMPLER_ARG'] = '0.0'
    },
  },
  {
    name: 'the variables are in a file that nothing reads',
    codes: ['env-file-not-read'],
    says: /^\.env sets OTEL_BSP_SCHEDULE_DELAY, TELLTALE_LOG_LEVEL; nothing reads it before Telltale starts$/,
    plant: ({ app }) =>
      app.write({
        '.env':
          'PORT=80\nTELLTALE_LOG_LEVEL=debug\nOTEL_SERVICE_NAME=shop\nOTEL_BSP_SCHEDULE_DELAY=9\n',
      }),
  },
  {
    name: 'the service has no name',
    codes: ['service-name-missing'],
    says: /service\.name is "shop-api", the name in/,
    plant: ({ env }) => void delete env['OTEL_SERVICE_NAME'],
  },
  {
    name: 'the port of the metrics is taken',
    codes: ['port-taken'],
    says: process.platform === 'linux' ? /is in use by process \d+ \(node/ : /is in use/,
    plant: async ({ env, using }) => {
      env['OTEL_EXPORTER_PROMETHEUS_PORT'] = String(await listen(createServer(), using, '0.0.0.0'))
    },
  },
  {
    name: 'the address of the metrics is not of this machine',
    codes: ['port-unusable'],
    says: /on 192\.0\.2\.1/,
    plant: ({ env }) => {
      env['OTEL_EXPORTER_PROMETHEUS_HOST'] = '192.0.2.1'
      env['OTEL_EXPORTER_PROMETHEUS_PORT'] = '19090'
    },
  },
  {
    name: 'the audit spool is a symbolic link',
    codes: ['spool-unusable'],
    says: /it is a symbolic link/,
    plant: ({ app, env }) => {
      const path = join(app.folder, 'linked')
      symlinkSync(env['TELLTALE_AUDIT_SPOOL_DIRECTORY']!, path)
      env['TELLTALE_AUDIT_SPOOL_DIRECTORY'] = path
    },
  },
  {
    name: 'others may write to the audit spool',
    codes: ['spool-unusable'],
    says: /others may write to it \(mode 777\)/,
    plant: ({ env }) => chmodSync(env['TELLTALE_AUDIT_SPOOL_DIRECTORY']!, 0o777),
  },
  {
    name: 'the audit spool is in memory',
    codes: ['spool-in-memory'],
    says: /tmpfs/,
    plant: ({ app, env, using }) => mountSpool('mode=700', { app, env, using }),
  },
  {
    name: 'the disk of the audit spool is full',
    codes: ['spool-disk-full', 'spool-in-memory'],
    says: /^4 MiB are left on the disk/,
    plant: ({ app, env, using }) => mountSpool('mode=700,size=4m', { app, env, using }),
  },
  {
    name: 'the Collector has refused records for good',
    codes: ['records-parked'],
    says: /^1 in /,
    plant: ({ env }) =>
      parkRecord(
        env['TELLTALE_AUDIT_SPOOL_DIRECTORY']!,
        randomUUID(),
        {
          recordId: randomUUID(),
          sequence: 1,
          eventName: 'user_logged_in',
          timeUnixNano: 1_700_000_000_000_000_000n,
          evidence: Buffer.from('{}'),
        },
        'HTTP 400',
        Date.now(),
      ),
  },
  {
    name: 'the audit spool may take more than the disk has',
    codes: ['spool-room'],
    says: /MiB are left on the disk/,
    plant: ({ env }) => void (env['TELLTALE_AUDIT_SPOOL_MAX_BYTES'] = String(2 ** 52)),
  },
  {
    name: 'the name of the Collector is not known',
    codes: ['collector-name'],
    says: /traces and logs, http:\/\/collector\.invalid:4318/,
    plant: ({ env }) => void (env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://collector.invalid:4318'),
  },
  {
    name: 'nothing listens where the Collector should be',
    codes: ['collector-refused'],
    says: /traces and logs, .*ECONNREFUSED/,
    plant: ({ env }) => void (env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:9'),
  },
  {
    name: "the Collector's certificate is nobody's",
    codes: ['collector-tls'],
    says: /self-signed certificate/,
    plant: async ({ env, using }) => {
      env['OTEL_EXPORTER_OTLP_ENDPOINT'] = await startTlsServer(using)
    },
  },
  {
    name: 'the endpoint is https and the Collector speaks http',
    codes: ['collector-tls'],
    says: /traces and logs, https:/,
    plant: ({ env, receiver }) =>
      void (env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.url.replace('http:', 'https:')),
  },
  {
    name: 'the Collector wants a key',
    codes: ['collector-unauthorized'],
    says: /HTTP 401/,
    plant: ({ receiver }) => receiver.behave({ status: 401, audit: false }),
  },
  {
    name: 'a web server answers in place of the Collector',
    codes: ['collector-wrong'],
    says: /answers with text\/html/,
    plant: ({ receiver }) =>
      receiver.behave({
        headers: { 'content-type': 'text/html' },
        body: '<h1>hi</h1>',
        audit: false,
      }),
  },
  {
    name: 'something that speaks no HTTP answers, as OTLP/gRPC on port 4317',
    codes: ['collector-wrong'],
    says: /it does not speak HTTP\/1\.1/,
    plant: async ({ env, using }) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined)
        // The first frame of HTTP/2: SETTINGS.
        socket.write(Buffer.from('000006040000000000000400000001', 'hex'))
      })
      env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${await listen(server, using)}`
    },
  },
  {
    name: 'the Collector says nothing',
    codes: ['collector-silent'],
    says: /no answer in time/,
    plant: async ({ env, using }) => {
      env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${await listen(createServer(), using)}`
    },
  },
  {
    name: 'the clocks differ',
    codes: ['clock-skew'],
    says: /the Collector's clock is (?:299|300|301) s ahead of ours/,
    plant: ({ receiver }) => receiver.behave({ dateAheadMillis: 300_000 }),
  },
  {
    name: 'the token of the audit receiver is missing',
    codes: ['audit-token-missing'],
    says: /HTTP 401/,
    plant: ({ env, receiver }) => {
      delete env['TELLTALE_AUDIT_TOKEN']
      receiver.behave({ status: 401, audit: true })
    },
  },
  {
    name: 'the audit receiver does not know the token',
    codes: ['audit-token-refused'],
    says: /HTTP 401/,
    plant: ({ receiver }) => receiver.behave({ status: 401, audit: true }),
  },
  {
    name: 'what answers for audit records gives no receipt',
    codes: ['audit-no-receipt'],
    says: /127\.0\.0\.1/,
    plant: ({ receiver }) => receiver.behave({ withoutReceipt: true }),
  },
  {
    name: 'nobody has thought of an audit receiver',
    codes: ['audit-not-set-up'],
    says: /4319\/v1\/logs/,
    plant: async ({ env, using }) => {
      delete env['TELLTALE_AUDIT_TOKEN']
      delete env['TELLTALE_AUDIT_ENDPOINT']
      // Another address of this machine: at the usual one somebody's stack may have its audit receiver.
      const server = createHttpServer((_request, response) => response.end('{}'))
      const port = await listen(server, using, '127.77.0.1')
      env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.77.0.1:${port}`
    },
  },
  {
    name: 'the node in the PATH is too old',
    codes: ['node-too-old'],
    says: /node is Node\.js 20\.20\.2/,
    plant: (ground) => putNode(ground, 'echo v20.20.2'),
  },
  {
    name: 'the node in the PATH does not run TypeScript',
    codes: ['node-typescript'],
    says: /server\.ts is TypeScript, and node is 22\.17\.0/,
    plant: (ground) => {
      ground.app.write({
        ...started('node --import telltale/register server.ts'),
        'server.ts': 'export const port: number = 0\n',
      })
      // The rest of it is ours, which does.
      const ours = `exec ${process.execPath} "$@"`
      putNode(ground, `if [ "$1" = --version ]; then echo v22.17.0; else ${ours}; fi`)
    },
  },
  {
    name: 'this Node.js has no synchronous hooks',
    codes: ['hooks-async'],
    says: /through a thread/,
    // As one of 22.15: the hooks go by the version.
    plant: ({ app }) =>
      app.write(
        preloads(
          "Object.defineProperty(process.versions, 'node', { value: '22.15.0' })\nObject.defineProperty(process, 'version', { value: 'v22.15.0' })\n",
        ),
      ),
  },
  {
    name: 'telltale is not among the packages of the application',
    codes: ['telltale-not-found', 'start-failed'],
    says: /no telltale can be loaded from/,
    plant: ({ app }) => rmSync(join(app.folder, 'node_modules/telltale')),
  },
  {
    name: 'the preload is another copy of telltale',
    codes: ['telltale-copies'],
    says: /elsewhere\/node_modules\/telltale\/dist is started, .*\/dist is loaded/,
    plant: ({ app }) => {
      const copy = 'elsewhere/node_modules/telltale'
      app.copyOwnPackage(copy)
      app.write(started(`node --import ./${copy}/dist/register.js server.mjs`))
    },
  },
  {
    name: 'the SDK says something at the start',
    codes: ['said-at-start'],
    says: /SENTRY_DSN needs @sentry\/core/,
    plant: ({ env }) => void (env['SENTRY_DSN'] = 'https://hunter22@sentry.example.test/1'),
  },
  {
    name: 'a library of the application cannot be loaded',
    codes: ['check-failed'],
    says: /a library cannot be loaded: pino: no pino today/,
    plant: ({ app }) => {
      rmSync(join(app.folder, 'node_modules/pino'))
      app.write({
        'node_modules/pino/package.json': '{"name":"pino","version":"10.4.0"}',
        'node_modules/pino/index.js': "throw new Error('no pino today')\n",
      })
    },
  },
  {
    name: 'a worker thread and a forked process are started with words of their own',
    codes: ['child-without-preload', 'child-without-preload'],
    says: /server\.mjs:4 starts a worker thread that does not get the preload/,
    plant: ({ app }) =>
      app.write({
        'server.mjs': `
          import { Worker } from 'node:worker_threads'
          import './children.mjs'
          new Worker(new URL('./worker.mjs', import.meta.url), { execArgv: [] })
          new Worker(new URL('./worker.mjs', import.meta.url))`,
        'children.mjs': `
          import { fork } from 'node:child_process'
          fork('./worker.mjs', ['--fast'], {
            env: { ...process.env, ROLE: 'worker' },
            execArgv: ['--max-old-space-size=64'],
          })
          fork('./worker.mjs', [], { execArgv: [...process.execArgv, '--expose-gc'] })
          fork('./own.mjs', [], { execArgv: [] })`,
        'worker.mjs': '',
        'own.mjs': "import { init } from 'telltale'\ninit()\n",
      }),
  },
  {
    name: 'cluster workers and spawned processes do not get NODE_OPTIONS',
    codes: ['child-without-preload', 'child-without-preload'],
    says: /server\.cjs:[24] starts (?:cluster workers|a process)/,
    plant: ({ app }) =>
      app.write({
        ...started('NODE_OPTIONS="--import telltale/register" node server.cjs'),
        'server.cjs': `const cluster = require('node:cluster'), { spawn } = require('child_process')
cluster.setupPrimary({ exec: './worker.cjs', execArgv: [], env: { PATH: '/bin' } })
spawn(process.execPath, ['worker.cjs'])
spawn('node', ['worker.cjs'], { env: { PATH: '/bin' } })`,
      }),
  },
  {
    name: 'a child of the running service has no preload',
    codes: ['child-without-preload'],
    says: /process \d+ \(node worker\.cjs\), started by process \d+, runs without the preload/,
    plant: async ({ app, env, using }) => {
      // By a name that no source tells.
      app.write({
        'server.mjs': `
          import * as processes from 'node:child_process'
          const start = processes['sp' + 'awn'], program = process.argv[0]
          const child = start(program, ['worker.cjs'], { stdio: ['pipe', 'inherit', 'inherit'] })
          process.on('SIGTERM', () => child.kill() && process.exit())`,
        'worker.cjs': "console.log('ready')\nprocess.stdin.resume()\n",
      })
      const words = ['--import', 'telltale/register', 'server.mjs']
      const service = spawn(process.execPath, words, {
        cwd: app.folder,
        env: { ...env, PATH: process.env['PATH'] },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      using.defer(async () => {
        service.kill('SIGTERM')
        await once(service, 'exit')
      })
      await once(service.stdout, 'data')
    },
  },
  {
    name: 'the Collector takes nothing that has something in it',
    codes: ['span-not-sent', 'log-not-sent', 'audit-not-committed'],
    says: /HTTP 400/,
    plant: async ({ env, using }) => {
      const server = createHttpServer((request, response) => {
        let size = 0
        request.on('data', (chunk: Buffer) => (size += chunk.length))
        request.on('end', () => {
          const isAudit = request.headers['telltale-audit-format'] !== undefined
          response.writeHead(size > 2 ? (isAudit ? 503 : 400) : 200, {
            'content-type': 'application/json',
            ...(isAudit && { 'telltale-audit-format': 'telltale/1' }),
          })
          response.end('{}')
        })
      })
      const url = `http://127.0.0.1:${await listen(server, using)}`
      env['OTEL_EXPORTER_OTLP_ENDPOINT'] = url
      env['TELLTALE_AUDIT_ENDPOINT'] = url
    },
  },
  {
    name: 'the back ends do not have what was sent, or never answer',
    codes: ['span-not-found', 'log-not-found', 'audit-not-found'],
    says: /^trace [0-9a-f]{32} in Jaeger: it is not there$/,
    plant: async ({ env, using }) => {
      const empty = createHttpServer((_request, response) => response.end('{"data":[]}'))
      const url = `http://127.0.0.1:${await listen(empty, using)}`
      const silent = await listen(createServer(), using)
      const postgres = `postgres://auditor:hunter22@127.0.0.1:${silent}/telltale`
      env['DOCTOR_WORDS'] = `--jaeger ${url} --loki ${url} --postgres ${postgres}`
    },
  },
]

/** A file system in memory in the place of the spool, as a container's volume is. */
function mountSpool(options: string, { app, env, using }: Omit<Ground, 'receiver'>): void {
  const path = join(app.folder, 'mounted')
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path])
  using.defer(() => void execFileSync('umount', ['-l', path]))
  env['TELLTALE_AUDIT_SPOOL_DIRECTORY'] = path
}

/** A `node` of the application's own, first in the PATH. */
function putNode({ app, env }: Ground, script: string): void {
  const bin = join(app.folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'node'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  env['PATH'] = `${bin}:${process.env['PATH']}`
}

async function listen(
  server: Server,
  using: AsyncDisposableStack,
  host = '127.0.0.1',
): Promise<number> {
  const sockets: Socket[] = []
  server.on('connection', (socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  using.defer(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as { port: number }).port
}
