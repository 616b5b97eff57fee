import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How an application ended, and what it said. */
export interface AppResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly millis: number
}

/** A running application. */
export interface RunningApp {
  readonly process: ChildProcess
  /** Resolves with the first match in what the application has written so far or writes next. */
  said(pattern: RegExp): Promise<RegExpMatchArray>
  ended(): Promise<AppResult>
}

/** Environment of an application under test; `undefined` removes a variable. */
export type AppEnvironment = Readonly<Record<string, string | undefined>>

export interface AppOptions {
  /** Arguments of node before the file. Default `--import telltale/register`. */
  readonly nodeArguments?: readonly string[]
  readonly cwd?: string
  /** Arguments of the application. */
  readonly args?: readonly string[]
  /** Another file than the fixture, such as a copy of it elsewhere. */
  readonly path?: string
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The path of a file under test/fixtures. */
export function fixture(name: string): string {
  return `${ROOT}test/fixtures/${name}`
}

/** Starts a fixture as a process of its own, under the preload unless told otherwise. */
export function startApp(
  file: string,
  environment: AppEnvironment = {},
  {
    nodeArguments = ['--import', 'telltale/register'],
    cwd = ROOT,
    args = [],
    path = fixture(file),
  }: AppOptions = {},
): RunningApp {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...nodeArguments, path, ...args], {
    cwd,
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<AppResult>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal, ...output, millis: performance.now() - startedAt })
      for (const listener of listeners) listener()
    })
  })
  return {
    process: child,
    ended: () => ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = (output.stdout + output.stderr).match(pattern)
          if (match) resolve(match)
          else if (child.exitCode !== null) {
            reject(new Error(`${file} ended without saying ${pattern}:\n${output.stderr}`))
          } else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      }),
  }
}

/** Runs a fixture to its end. */
export async function runApp(
  file: string,
  environment: AppEnvironment = {},
  options: AppOptions = {},
): Promise<AppResult> {
  return startApp(file, environment, options).ended()
}

/** A spool for each application: what one leaves behind must not be delivered by another. */
function makeSpool(): string {
  if (spools.length === 0) {
    process.once('exit', () => {
      for (const path of spools) rmSync(path, { recursive: true, force: true })
    })
  }
  const path = mkdtempSync(join(tmpdir(), 'tt-'))
  spools.push(path)
  return path
}

const spools: string[] = []

function cleanEnvironment(environment: AppEnvironment): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL|TELLTALE|VITEST|NODE)_/.test(name),
  )
  const given = Object.entries({
    OTEL_SERVICE_NAME: 'fixture',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    TELLTALE_AUDIT_SPOOL_DIRECTORY: makeSpool(),
    ...environment,
  }).filter(([, value]) => value !== undefined)
  return Object.fromEntries([...inherited, ...given])
}
