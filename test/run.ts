/** `npm test`: everything a clean machine can run, one after the other, with one line that sums it up. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBinaries } from '../deploy/stack/binary-cache.ts'
import { readLauncherEnvironment } from '../deploy/stack/environment.ts'
import { toLines } from '../deploy/stack/progress.ts'
import { startPartOfStack } from '../deploy/stack/stack.ts'
import { startPostgres18 } from './support/postgres-18.ts'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

interface Step {
  readonly name: string
  readonly run: () => Promise<Counts>
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const GO_MODULES = [
  'auditgateextension',
  'auditreceipt',
  'postgresauditexporter',
  'tenantheaderprocessor',
  'distribution',
]

/** How long each fuzz target looks for what nobody has thought of. */
const FUZZ_TIME = '10s'

const STEPS: readonly Step[] = [
  { name: 'format', run: () => runTools(['oxfmt', '--check', '.']) },
  { name: 'lint', run: () => runTools(['oxlint', '--type-aware']) },
  { name: 'types', run: () => runTools(['tsc', '--noEmit']) },
  {
    name: 'package',
    run: () =>
      runTools(
        ['knip', '--no-progress', '--no-config-hints'],
        ['publint'],
        ['attw', '--pack', '.', '--profile', 'esm-only'],
      ),
  },
  { name: 'unit', run: () => runVitest('unit') },
  { name: 'contract', run: () => runVitest('contract') },
  { name: 'go', run: runGo },
  { name: 'integration', run: () => runVitest('integration') },
  { name: 'e2e', run: () => runVitest('e2e') },
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `no step ${unknown.join(', ')}; there are ${STEPS.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const summary: string[] = []
for (const step of STEPS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const startedAt = performance.now()
  console.log(`\n── ${step.name} ${'─'.repeat(60 - step.name.length)}`)
  const counts = await step.run()
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key]
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  summary.push(
    `${step.name.padEnd(12)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed ${String(counts.skipped).padStart(4)} skipped ${String(seconds).padStart(5)} s`,
  )
}
console.log(`\n${summary.join('\n')}\n`)
if (total.skipped > 0) {
  console.log(`${total.skipped} tests were skipped; a skipped test counts as a failed one`)
}
console.log(`${total.passed} passed, ${total.failed + total.skipped} failed`)
process.exitCode = total.failed + total.skipped > 0 ? 1 : 0

/** Tools of the development dependencies, each with its parameters; each counts as one test. */
async function runTools(...commands: readonly (readonly string[])[]): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [tool = '', ...parameters] of commands) {
    const code = await run(join(ROOT, 'node_modules/.bin', tool), parameters)
    counts[code === 0 ? 'passed' : 'failed'] += 1
  }
  return counts
}

async function runVitest(project: string): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-test-'))
  const report = join(folder, 'report.json')
  try {
    const code = await run(join(ROOT, 'node_modules/.bin/vitest'), [
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ])
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      await readFile(report, 'utf8'),
    ) as Record<string, number>
    const failed = numFailedTests ?? 0
    return {
      passed: numPassedTests ?? 0,
      // A file that cannot be loaded, or an error outside of any test, is a failure too.
      failed: code !== 0 && failed === 0 ? 1 : failed,
      skipped: (numPendingTests ?? 0) + (numTodoTests ?? 0),
    }
  } catch (error) {
    console.error(error)
    return { passed: 0, failed: 1, skipped: 0 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * What Go's tests do not see (check.sh), then `go vet`, `go test` and the fuzz targets of every module; what needs
 * PostgreSQL runs against 15 and 18.
 */
async function runGo(): Promise<Counts> {
  await using stack = await startPartOfStack(['postgres'], {
    onProgress: (line) => console.log(line),
  })
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const programs = await ensureBinaries(
    ['collector'],
    readLauncherEnvironment(),
    toLines(console.log),
  )
  const check = await run('sh', ['otel-collector/check.sh', programs.get('collector') ?? ''])
  counts[check === 0 ? 'passed' : 'failed'] += 1
  for (const module of GO_MODULES) {
    const cwd = join(ROOT, 'otel-collector', module)
    const vet = await run('go', ['vet', '-tags', 'integration', './...'], { cwd, env: goEnv() })
    if (vet !== 0) counts.failed += 1
    await goTest(counts, cwd, ['./...'], stack.addresses.postgres ?? '')
  }
  const exporter = join(ROOT, 'otel-collector/postgresauditexporter')
  await using newer = await startPostgres18()
  await goTest(counts, exporter, ['.'], newer.url)
  await goTest(counts, exporter, [
    '-run=^$',
    '-fuzz=FuzzDecodeEvidence',
    `-fuzztime=${FUZZ_TIME}`,
    './internal/evidence',
  ])
  return counts
}

async function goTest(
  counts: Counts,
  cwd: string,
  parameters: readonly string[],
  postgresUrl = '',
): Promise<void> {
  const lines: string[] = []
  const code = await run(
    'go',
    ['test', '-tags', 'integration', '-count=1', '-timeout=30m', '-json', ...parameters],
    {
      cwd,
      env: goEnv(postgresUrl),
      onLine: (line) => lines.push(line),
    },
  )
  const before = counts.failed
  readGoEvents(lines, counts)
  if (code !== 0 && counts.failed === before) counts.failed += 1
}

function goEnv(postgresUrl = ''): NodeJS.ProcessEnv {
  return { ...process.env, GOWORK: 'off', TELLTALE_TEST_POSTGRES_URL: postgresUrl }
}

interface GoEvent {
  readonly Action: string
  readonly Package?: string
  readonly Test?: string
  readonly Output?: string
}

function readGoEvents(lines: readonly string[], counts: Counts): void {
  const output = new Map<string, string>()
  for (const line of lines) {
    const event = parseGoEvent(line)
    if (!event) {
      console.log(line)
      continue
    }
    const key = `${event.Package} ${event.Test ?? ''}`
    if (event.Action === 'output') output.set(key, (output.get(key) ?? '') + (event.Output ?? ''))
    if (event.Action === 'fail') console.log(output.get(key) ?? key)
    if (!event.Test) {
      if (event.Action === 'pass') console.log(`ok   ${event.Package}`)
      continue
    }
    if (event.Action === 'pass') counts.passed += 1
    if (event.Action === 'fail') counts.failed += 1
    if (event.Action === 'skip') counts.skipped += 1
  }
}

function parseGoEvent(line: string): GoEvent | undefined {
  try {
    return JSON.parse(line) as GoEvent
  } catch {
    return undefined
  }
}

interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Takes the lines of stdout instead of the terminal. */
  readonly onLine?: (line: string) => void
}

function run(
  command: string,
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<number> {
  const { cwd = ROOT, env = process.env, onLine } = options
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      cwd,
      env,
      stdio: ['ignore', onLine ? 'pipe' : 'inherit', 'inherit'],
    })
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine?.(line)
    })
    child.on('error', (error) => {
      console.error(`${command} cannot be run: ${error.message}`)
      resolve(127)
    })
    child.on('close', (code) => resolve(code ?? 1))
  })
}
