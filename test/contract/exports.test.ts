import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly bin: Readonly<Record<string, string>>
}

/** Newest change below a folder, in milliseconds; 0 when the folder is not there. */
function newestChange(folder: string): number {
  try {
    const files = readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    return Math.max(...files.map((file) => statSync(join(repository, folder, file)).mtimeMs))
  } catch {
    return 0
  }
}

beforeAll(async () => {
  // Only when it must be: other tests may be running from it.
  if (newestChange('dist') < newestChange('src')) {
    await run('npm', ['run', '--silent', 'build'], { cwd: repository })
  }
}, 60_000)

/** Runs a program in a process of its own, with nothing of ours loaded before, and reads what it prints. */
async function evaluate<Result>(program: string): Promise<Result> {
  const args = ['--input-type=module', '--eval', program]
  const env = { PATH: process.env['PATH'], OTEL_SDK_DISABLED: 'true' }
  const { stdout } = await run(process.execPath, args, { cwd: repository, env })
  return JSON.parse(stdout) as Result
}

describe('what can be imported', () => {
  test('the package has exactly these entries', () => {
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './register',
      './express',
      './fastify',
      './hono',
      './koa',
      './node-http',
      './testing',
      './package.json',
    ])
  })

  test('telltale exports exactly these values', async () => {
    const names = await evaluate(
      `console.log(JSON.stringify(Object.keys(await import('telltale')).sort()))`,
    )

    expect(names).toEqual([
      'AuditError',
      'ConfigError',
      'TelltaleError',
      'audit',
      'countRequests',
      'counter',
      'defineAuditEvent',
      'defineMetrics',
      'gauge',
      'gaugeRequests',
      'getLogger',
      'health',
      'healthHandler',
      'healthResponse',
      'histogram',
      'init',
      'job',
      'liveHandler',
      'liveResponse',
      'metricsHandler',
      'metricsResponse',
      'metricsToMarkdown',
      'observableGauge',
      'operation',
      'readyHandler',
      'readyResponse',
      'setLogLevel',
      'templatePath',
      'tenant',
      'timeRequests',
      'toAccessFields',
      'toAccessLine',
      'upDownCounter',
      'upTo',
    ])
  })

  test('telltale exports exactly these types', () => {
    const declarations = readFileSync(join(repository, 'dist/index.d.ts'), 'utf8')
    const names = [...declarations.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(
      ([, all, list]) =>
        list!
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '' && (all !== undefined || name.startsWith('type ')))
          .map((name) => name.replace('type ', '')),
    )

    expect(names.toSorted()).toEqual([
      'AccessLogOptions',
      'Audit',
      'AuditActor',
      'AuditContext',
      'AuditEvent',
      'AuditEventOptions',
      'AuditFields',
      'AuditReceipt',
      'AuditSource',
      'Catalogue',
      'CheckAnswer',
      'CheckFigure',
      'CheckFunction',
      'CheckInput',
      'CheckOptions',
      'CheckReport',
      'CheckStatus',
      'CheckVerdict',
      'Counter',
      'DeclaredCheck',
      'Durability',
      'ErrorCode',
      'FinishedRequest',
      'Gauge',
      'Health',
      'HealthAnswerOptions',
      'HealthHandler',
      'HealthReport',
      'HealthShape',
      'Histogram',
      'HistogramOptions',
      'HttpAnswer',
      'HttpOptions',
      'InitOptions',
      'Job',
      'JobInput',
      'JobOptions',
      'JobStatus',
      'LabelArguments',
      'LabelRule',
      'LabelRules',
      'LabelValue',
      'LabelsOf',
      'LogFields',
      'LogLevel',
      'LogLine',
      'Logger',
      'MetricDefinition',
      'MetricKind',
      'MetricOptions',
      'NoLabels',
      'ObservableGauge',
      'ObservableGaugeOptions',
      'Observe',
      'OperationEnd',
      'OperationOptions',
      'OperationResult',
      'Probe',
      'RequestFacts',
      'RequestFeed',
      'SecurityEventOptions',
      'SpoolStatus',
      'StartedRequest',
      'Status',
      'Telltale',
      'Tenant',
      'UpDownCounter',
      'UpTo',
    ])
  })

  test('telltale/testing exports exactly these values, and telltale itself loads nothing of it', async () => {
    const names = await evaluate(
      `console.log(JSON.stringify(Object.keys(await import('telltale/testing')).sort()))`,
    )

    expect(names).toEqual([
      'expectAuditRecord',
      'expectLog',
      'expectMetric',
      'expectNoSecrets',
      'expectSpan',
      'startTestReceiver',
      'startTestTelemetry',
      'telemetryMatchers',
    ])
    const { loaded } = await evaluate<{ loaded: string[] }>(`
      import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
      await import('telltale')
      await import('telltale/register')
      console.log(JSON.stringify({ loaded }))`)
    expect(loaded).not.toEqual([])
    expect(loaded.filter((url) => url.includes('/testing/'))).toEqual([])
  })

  test('telltale/register exports nothing', async () => {
    const names = await evaluate(
      `console.log(JSON.stringify(Object.keys(await import('telltale/register'))))`,
    )

    expect(names).toEqual([])
  })

  test.each([
    ['express', ['httpTelemetry', 'recordErrors']],
    ['fastify', ['httpTelemetry']],
    ['hono', ['httpTelemetry']],
    ['koa', ['httpTelemetry']],
    ['node-http', ['httpTelemetry']],
  ])('telltale/%s exports %j, and loads no framework', async (entry, expected) => {
    const found = await evaluate<{ names: string[]; packages: string[] }>(
      `import { registerHooks } from 'node:module'
       const urls = []
       registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
       const names = Object.keys(await import('telltale/${entry}')).sort()
       const packages = urls.flatMap((url) => /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? [])
       console.log(JSON.stringify({ names, packages: [...new Set(packages)] }))`,
    )

    expect(found).toEqual({ names: expected, packages: ['@opentelemetry/api'] })
  })

  test('require() finds the same', async () => {
    const same = await evaluate(
      `import { createRequire } from 'node:module'
       const required = createRequire(process.cwd() + '/')('telltale')
       console.log(JSON.stringify(required.init === (await import('telltale')).init))`,
    )

    expect(same).toBe(true)
  })

  test.each(['telltale/dist/init.js', 'telltale/src/init.ts', 'telltale/init'])(
    '%s is nobody else’s',
    async (specifier) => {
      const code = await evaluate(
        `const code = await import('${specifier}').then(() => 'imported', (error) => error.code)
         console.log(JSON.stringify(code))`,
      )

      expect(code).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
    },
  )
})

describe('importing telltale', () => {
  interface Loaded {
    readonly packages: string[]
    readonly builtins: string[]
    readonly handles: string[]
  }

  const PROGRAM = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
    const before = new Set(process.moduleLoadList)
    await import('telltale')
    const packages = urls.flatMap((url) => /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? [])
    const builtins = process.moduleLoadList.filter((name) => !before.has(name))
    console.log(JSON.stringify({
      packages: [...new Set(packages)],
      builtins: builtins.filter((name) => name.startsWith('NativeModule ')).map((name) => name.slice(13)),
      handles: process.getActiveResourcesInfo().filter((name) => !/^(?:Pipe|TTY|File|FS)/.test(name)),
    }))`

  let loaded: Loaded
  beforeAll(async () => {
    loaded = await evaluate<Loaded>(PROGRAM)
  })

  test('loads no package but the API: the rest must not be loaded before it can be patched', () => {
    expect(loaded.packages).toEqual(['@opentelemetry/api'])
  })

  test('loads no built-in module that is patched later', () => {
    const patched = new Set(['http', 'https', 'http2', 'net', 'tls', 'dns', 'undici'])

    expect(loaded.builtins.filter((name) => patched.has(name))).toEqual([])
  })

  test('starts nothing', () => {
    expect(loaded.handles).toEqual([])
  })
})

describe('what is published', () => {
  let files: string[]
  beforeAll(async () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const { stdout } = await run('npm', args, { cwd: repository })
    const [packed] = JSON.parse(stdout) as {
      readonly files: readonly { readonly path: string }[]
    }[]
    files = packed!.files.map(({ path }) => path)
  })

  test('every module is there, with its types', () => {
    const modules = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => `dist/${path.replaceAll('\\', '/').replace(/\.ts$/, '')}`)

    expect(modules.filter((path) => !files.includes(`${path}.js`))).toEqual([])
    expect(modules.filter((path) => !files.includes(`${path}.d.ts`))).toEqual([])
  })

  test.each(['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md'])('%s is there', (file) => {
    expect(files).toContain(file)
  })

  test('the SQL of the trail and the pages that messages name are there', () => {
    const sql = readdirSync(join(repository, 'otel-collector/postgresauditexporter/sql'))
    const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(join(repository, 'src', path), 'utf8'))
    const named = sources.flatMap((text) => text.match(/docs\/[\w/-]+\.md/g) ?? [])
    const needed = [
      ...sql.map((name) => `otel-collector/postgresauditexporter/sql/${name}`),
      // Why it is so is for those who change it.
      ...named.filter((path) => !path.startsWith('docs/decisions/')),
    ]

    expect(named.length).toBeGreaterThan(0)
    expect(needed.filter((path) => !files.includes(path))).toEqual([])
  })

  test('nothing else is there: no sources, no maps to them, no tests', () => {
    const expected =
      /^(?:dist\/.+\.(?:js|d\.ts)|docs\/(?:design|guide|reference|runbooks)\/.+\.md|otel-collector\/postgresauditexporter\/sql\/\d{4}_\w+\.sql|package\.json|LICENSE|README\.md|CHANGELOG\.md)$/

    expect(files.filter((file) => !expected.test(file))).toEqual([])
    expect(files.filter((file) => /\.(?:test|map)\b|fixtures|examples/.test(file))).toEqual([])
  })

  test('the migrations of the audit trail are there, for the command that runs them', () => {
    const folder = 'otel-collector/postgresauditexporter/sql'
    const migrations = readdirSync(join(repository, folder)).map((name) => `${folder}/${name}`)

    expect(migrations.filter((path) => !files.includes(path))).toEqual([])
  })

  test('what the manifest leads to is there', () => {
    const targets = JSON.stringify([manifest.exports, manifest.bin]).match(/dist\/[^"]+/g)

    expect(targets).toHaveLength(17)
    expect(targets!.filter((path) => !files.includes(path))).toEqual([])
  })
})
