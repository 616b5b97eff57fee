import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bare, repository, toEnvironment } from '../support/variants.ts'

/** How a command ran. */
export interface Run {
  readonly code: number | null
  readonly output: string
  readonly seconds: number
  /** Of the process with all its threads. */
  readonly cpuSeconds: number
  readonly maxRssBytes: number
}

const LOOK_EVERY_MILLIS = 50
/** What Linux counts CPU time in, on all usual machines: sysconf(_SC_CLK_TCK). */
const TICKS_PER_SECOND = 100

/** Runs the `telltale` command as built and watches it in /proc, so it needs Linux. */
export async function runMeasured(parameters: readonly string[]): Promise<Run> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [join(repository, 'dist/cli/telltale.js'), ...parameters], {
    env: toEnvironment(bare),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  let usage = { cpuSeconds: 0, maxRssBytes: 0 }
  const timer = setInterval(() => (usage = readUsage(child.pid!) ?? usage), LOOK_EVERY_MILLIS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearInterval(timer)
  return { code, output, seconds: (performance.now() - startedAt) / 1_000, ...usage }
}

/** CPU time and the most memory so far of a process; nothing when it is gone. */
export function readUsage(pid: number): { cpuSeconds: number; maxRssBytes: number } | undefined {
  try {
    // The name, in parentheses, may hold spaces; user and system time are the 14th and 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    if (peak === undefined) return undefined
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      maxRssBytes: Number(peak) * 1_024,
    }
  } catch {
    return undefined
  }
}
