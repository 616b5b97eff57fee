import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dependenciesOf } from './application.ts'
import type { Examination } from './examination.ts'
import type { ProbeReport, ProbeRequest } from './probe.ts'

/** What came of a process that was started like the application. */
export interface ProbeRun {
  /** Missing when it did not come so far. */
  readonly report: ProbeReport | undefined
  /** What Telltale said, a line each, without its prefix. */
  readonly said: readonly string[]
  /** The last that it wrote to stderr, without secrets. */
  readonly lastWords: string
}

/** Beside this file, with its ending: `.js` in the package, `.ts` from source. */
const PROBE_URL = import.meta.url.replace(/run-probe(\.[a-z]+)$/, 'probe$1')
const PROBE_MILLIS = 30_000
/** How long the last that it wrote may be on its way. */
const REST_MILLIS = 1_000
const MAX_OUTPUT = 64 * 1_024
const LAST_WORDS = 600

/** How long an audit record of the probe waits for its receipt. */
const RECEIPT_MILLIS = 5_000

/**
 * Starts Node.js as the start command does, with the probe in place of the application.
 *
 * It has a spool and a port of its own: the service may be running, and what the doctor leaves behind must not be delivered by
 * it.
 */
export async function runProbe(
  { application, hide }: Examination,
  send?: ProbeRequest['send'],
): Promise<ProbeRun> {
  const { folder, start, entry, cwd, env } = application
  const request: ProbeRequest = {
    folder,
    dependencies: dependenciesOf(application),
    ...(send && { send }),
  }
  const spool = await mkdtemp(join(tmpdir(), 'telltale-doctor-'))
  try {
    const words = [
      ...(start?.nodeOptions ?? []),
      '--input-type=module',
      '--eval',
      'await import(process.argv[2])',
      entry ?? join(folder, 'noop.js'),
      PROBE_URL,
      JSON.stringify(request),
    ]
    const { output, errors } = await collect(start?.program ?? process.execPath, words, cwd, {
      ...env,
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      TELLTALE_AUDIT_SPOOL_DIRECTORY: spool,
      TELLTALE_AUDIT_TIMEOUT_MILLIS: String(RECEIPT_MILLIS),
      TELLTALE_AUDIT_MIRROR_FILE: '',
      NODE_OPTIONS: withoutDebugger(env['NODE_OPTIONS']),
    })
    const lines = errors.split('\n')
    return {
      report: output === '' ? undefined : (JSON.parse(output) as ProbeReport),
      said: lines
        .filter((line) => line.startsWith('telltale: ') && !line.includes(spool))
        .map((line) => hide(line.slice('telltale: '.length))),
      lastWords: hide(lastWordsOf(lines)),
    }
  } finally {
    await rm(spool, { recursive: true, force: true })
  }
}

/** What the error says, without the places in the code; else the last lines. */
function lastWordsOf(lines: readonly string[]): string {
  const error = lines.find((line) => /^(?:\w*Error\b.*:|node: )/.test(line))
  return (error ?? lines.join(' ').trim()).slice(-LAST_WORDS)
}

/** A debugger's port is taken by the service, and nobody is there to go on from a break. */
function withoutDebugger(options: string | undefined): string | undefined {
  return options?.replaceAll(/(?:^|\s)--inspect\S*/g, '')
}

function collect(
  program: string,
  words: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      timeout: PROBE_MILLIS,
      killSignal: 'SIGKILL',
    })
    const texts = { output: '', errors: '' }
    const keep = (key: keyof typeof texts) => (text: Buffer | string) => {
      texts[key] += String(text)
      // The report is short; of what is written to stderr the end counts.
      if (key === 'errors') texts.errors = texts.errors.slice(-MAX_OUTPUT)
    }
    child.stderr?.on('data', keep('errors'))
    child.stdio[3]?.on('data', keep('output'))
    child.on('error', (error) => resolve({ output: '', errors: error.message }))
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL')
        texts.errors += `\nit had not come up after ${PROBE_MILLIS / 1_000} s`
      resolve(texts)
    })
    // What a preload has started may hold our ends open and live on.
    child.on('exit', () => setTimeout(closeOurEnds, REST_MILLIS, child).unref())
  })
}

function closeOurEnds({ stdio }: ChildProcess): void {
  for (const stream of stdio) stream?.destroy()
}
