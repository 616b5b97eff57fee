import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ProcessEnd, startGuarded } from '../../deploy/stack/guarded-process.ts'
import { signalProcess } from '../../deploy/stack/process-identity.ts'

/** A Node.js program to start under the preload. */
export interface ServicePlan {
  readonly name: string
  /** Folder that the script is in; its package.json names the service's dependencies. */
  readonly directory: URL
  readonly script: string
  /** What is imported before it. Default `telltale/register`; another one calls `init()` itself. */
  readonly preload?: string
  readonly variables: Readonly<Record<string, string>>
  /** Receives what the program writes. */
  readonly logFile: string
  /** The line it writes when it is ready; the first group is its address. */
  readonly readyLine: RegExp
  /** Where it is to be scraped; 0 picks a free port. */
  readonly metricsPort: number
}

/** A running program. */
export interface Service extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  readonly url: string
  /** Where it can be scraped. */
  readonly metricsUrl: string
  readonly logFile: string
  readonly ended: Promise<ProcessEnd>
  signal(signal: NodeJS.Signals): void
  /** Asks it to end, waits for that, and answers how it ended. */
  stop(): Promise<ProcessEnd>
}

const READY_WITHIN_MILLIS = 60_000
const STOP_WITHIN_MILLIS = 15_000

/** Starts a program under `node --import telltale/register` and returns when it is ready. */
export async function startService(plan: ServicePlan): Promise<Service> {
  const { identity, ended, hasEnded } = await startGuarded({
    program: process.execPath,
    args: ['--import', plan.preload ?? 'telltale/register', plan.script],
    directory: fileURLToPath(plan.directory),
    // Not the caller's variables: an OTEL_* setting of a shell must not change what is shown.
    variables: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      OTEL_EXPORTER_PROMETHEUS_PORT: String(plan.metricsPort),
      ...plan.variables,
    },
    logFile: plan.logFile,
    endSignals: ['SIGTERM'],
    graceMillis: 5_000,
  })
  const signal = (name: NodeJS.Signals): void => signalProcess(identity, name)
  const stop = async (): Promise<ProcessEnd> => {
    if (!hasEnded()) signal('SIGTERM')
    const timer = setTimeout(() => signal('SIGKILL'), STOP_WITHIN_MILLIS)
    return ended.finally(() => clearTimeout(timer))
  }
  try {
    const [url, metricsUrl] = await Promise.all([
      untilLogged(plan, plan.readyLine, hasEnded),
      plan.metricsPort === 0
        ? untilLogged(plan, /telltale: metrics on (\S+)/, hasEnded)
        : `http://127.0.0.1:${plan.metricsPort}/metrics`,
    ])
    return {
      name: plan.name,
      pid: identity.pid,
      url,
      metricsUrl: metricsUrl.replace('//0.0.0.0:', '//127.0.0.1:'),
      logFile: plan.logFile,
      ended,
      signal,
      stop,
      [Symbol.asyncDispose]: async () => {
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function untilLogged(
  plan: ServicePlan,
  pattern: RegExp,
  hasEnded: () => boolean,
): Promise<string> {
  const deadline = performance.now() + READY_WITHIN_MILLIS
  for (;;) {
    const isOver = hasEnded() || performance.now() > deadline
    const log = existsSync(plan.logFile) ? await readFile(plan.logFile, 'utf8') : ''
    const found = pattern.exec(log)
    if (found) return found[1] ?? ''
    if (isOver) {
      const tail = log.trimEnd().split('\n').slice(-15).join('\n')
      throw new Error(`${plan.name} did not get ready (no line ${pattern}); its log ends:\n${tail}`)
    }
    await sleep(25)
  }
}
