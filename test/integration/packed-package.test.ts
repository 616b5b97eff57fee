import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectAuditRecord, expectSpan, startTestReceiver } from '../../src/testing/testing.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MINUTES = 60_000

/** The code of the guide's first page, by what stands in it. */
const page = readFileSync(join(ROOT, 'docs/guide/getting-started.md'), 'utf8')
const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)
const blockWith = (text: string): string => blocks.find((code) => code.includes(text))!
const preload = blockWith('init({')
const recording = blockWith('audit.record(rewardClaimed')

/** What the page leaves to the reader: who, what and from where. */
const GIVEN = `
const userId = 'ada', submissionId = 's-1', txHash = '0xabc', request = { ip: '192.0.2.7' }
`
const serve = (http: string): string => `
${http}
const server = createServer((_request, response) => response.end(recordId)).listen(0, '127.0.0.1', () => {
  console.log('listening on ' + server.address().port)
})
`

interface Project {
  readonly kind: string
  readonly manifest: object
  readonly words: readonly string[]
  readonly files: Readonly<Record<string, string>>
}

const PROJECTS: readonly Project[] = [
  {
    kind: 'ES modules',
    manifest: { type: 'module' },
    words: ['--import', 'telltale/register', 'server.js'],
    files: {
      'server.js': `import { createServer } from 'node:http'\n${given(recording)}${serve('')}`,
    },
  },
  {
    kind: 'CommonJS',
    manifest: {},
    words: ['--import', 'telltale/register', 'server.js'],
    files: {
      'server.js': `(async () => {\n${toCommonJs(given(recording))}${serve("const { createServer } = require('node:http')")}\n})()`,
    },
  },
  {
    kind: 'TypeScript',
    manifest: { type: 'module' },
    words: ['--import', './telemetry.ts', 'server.ts'],
    files: {
      'telemetry.ts': preload,
      'server.ts': `import { createServer } from 'node:http'\nimport type { AddressInfo } from 'node:net'\n${given(recording)}${serve('').replace('server.address().port', '(server.address() as AddressInfo).port')}`,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          module: 'nodenext',
          target: 'es2023',
          strict: true,
          noEmit: true,
          types: ['node'],
        },
      }),
    },
  },
]

/** Everything of the package that can be imported. */
const ENTRIES = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: object }).exports,
)
  .filter((path) => path !== './package.json')
  .map((path) => path.replace(/^\./, 'telltale'))

let folder: string
let tarball: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tt-packed-'))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })
  tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  )
}, 2 * MINUTES)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(PROJECTS)(
  'the packed package runs the first page of the guide in an empty project of $kind',
  async ({ kind, manifest, words, files }) => {
    const project = join(folder, kind.replaceAll(' ', '-'))
    mkdirSync(project)
    write(project, {
      'package.json': JSON.stringify({ name: 'first-page', private: true, ...manifest }),
      ...files,
    })
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
    // As the page says it, with the package that is not published yet.
    const packages = [
      tarball,
      '@opentelemetry/api',
      ...(kind === 'TypeScript' ? ['@types/node'] : []),
    ]
    await run('npm', ['install', ...options, ...packages], { cwd: project })
    const problems = kind === 'TypeScript' ? await compile(project) : ''
    expect(problems).toBe('')

    await using telemetry = await startTestReceiver()
    const service = spawn(process.execPath, words, {
      cwd: project,
      env: { PATH: process.env['PATH'], OTEL_SERVICE_NAME: 'rewards-api', ...telemetry.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    try {
      const port = await portOf(service)
      // Sampled by whoever calls: the page's own preload samples one trace in ten.
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { traceparent } })
      const recordId = await answer.text()

      const within = { timeoutMillis: 30_000 }
      await telemetry.waitFor(() => expectSpan(telemetry, /^GET/, { kind: 'server' }), within)
      await telemetry.waitFor(
        () =>
          expectAuditRecord(telemetry, 'reward_claimed', {
            recordId,
            actor: { id: 'ada', type: 'user' },
            source: { id: '192.0.2.7' },
            details: { amount: '12.5000000', txHash: '0xabc' },
          }),
        within,
      )
      const names = (await telemetry.metrics()).map(({ name }) => name)
      expect(names).toContain('http_server_request_duration_seconds_count')
    } finally {
      service.kill()
    }
  },
  5 * MINUTES,
)

test('the command of the packed package says what it can do', async () => {
  const project = join(folder, 'ES-modules')

  const { stdout } = await run(join(project, 'node_modules/.bin/telltale'), ['doctor', '--help'])

  expect(stdout).toContain('Usage: telltale doctor')
})

test.each(['import', 'require'])(
  'every entry of the packed package loads by %s, without any optional package',
  async (how) => {
    const project = join(folder, 'ES-modules')
    const names = ENTRIES.filter((name) => name !== 'telltale/register')
    const load = how === 'import' ? 'await import(name)' : 'require(name)'
    const program = `
      import { createRequire } from 'node:module'
      const require = createRequire(process.cwd() + '/noop.js')
      for (const name of ${JSON.stringify(names)}) {
        const entry = ${load}
        console.log(name, Object.keys(entry).length > 0)
      }`

    const { stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { cwd: project },
    )

    expect(stdout.trim().split('\n')).toEqual(names.map((name) => `${name} true`))
    expect(stderr).toBe('')
    const installed = readdirSync(join(project, 'node_modules'))
    expect(installed.filter((name) => /^(?:express|fastify|koa|hono|@sentry)$/.test(name))).toEqual(
      [],
    )
  },
)

test.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'its types are found by the module %s with the resolution %s',
  async (module, moduleResolution) => {
    const project = join(folder, 'TypeScript')
    const config = `tsconfig.${moduleResolution}.json`
    const names = ENTRIES.map((name, index) => `import * as entry${index} from '${name}'`)
    write(project, {
      'entries.ts': `${names.join('\n')}\n${ENTRIES.map((_name, index) => `void entry${index}`).join('\n')}\n`,
      [config]: JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution,
          target: 'es2023',
          strict: true,
          noEmit: true,
          types: ['node'],
        },
        files: ['entries.ts'],
      }),
    })

    expect(await compile(project, config)).toBe('')
  },
)

/** What the reader has comes before the page's code, behind its imports. */
function given(code: string): string {
  return code.replace(/^((?:import .*\n)+)/, `$1${GIVEN}`)
}

function toCommonJs(code: string): string {
  return code.replaceAll(/^import (\{.*?\}) from '(.*?)'$/gm, "const $1 = require('$2')")
}

/** What the compiler finds, with everything checked: our declarations, too. */
async function compile(project: string, config = 'tsconfig.json'): Promise<string> {
  const compiler = join(ROOT, 'node_modules/.bin/tsc')
  return run(compiler, ['-p', config], { cwd: project }).then(
    () => '',
    (error: { readonly stdout: string }) => error.stdout,
  )
}

function write(project: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
}

function portOf(service: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    for (const stream of [service.stdout!, service.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const port = /listening on (\d+)/.exec(said)?.[1]
        if (port !== undefined) resolve(port)
      })
    }
    service.on('close', () => reject(new Error(`the service ended:\n${said}`)))
  })
}
