import { showValue } from '../core/show-value.ts'
import type { Probe } from '../health/health.ts'

/** When a job runs, and who sees how it goes. */
export interface JobOptions {
  /** From the start of a run to the start of the next, in milliseconds; a run that takes longer delays the next. */
  readonly every: number
  /** Deadline of a run, in milliseconds: its signal is aborted, and it counts as `timeout`. Default `every`, but at least a minute. */
  readonly timeout?: number | undefined
  /** Whether the first run starts at once, and not after `every`. Default true. */
  readonly immediate?: boolean | undefined
  /** Share of `every` by which a start is earlier or later, so that instances do not work all at the same time. Default 0.1. */
  readonly jitter?: number | undefined
  /** Whether the process lives on for the next run: for a process that has nothing else to do. Default false. */
  readonly keepAlive?: boolean | undefined
  /** Probes whose answers show it as the check `job.NAME`: degraded after a failure, unhealthy without a success for long. Default none. */
  readonly probes?: readonly Probe[] | undefined
}

const OPTIONS = ['every', 'timeout', 'immediate', 'jitter', 'keepAlive', 'probes']
const PROBES = ['health', 'ready', 'live']
const NAME = /^[A-Za-z][\w.-]{0,59}$/

const MIN_MILLIS = 10
/** Somewhat less than a timer of Node.js can wait. */
const MAX_MILLIS = 2 ** 30
const LEAST_TIMEOUT = 60_000

/** Everything that is wrong with a job; usually nothing. */
export function problemsOfJob(name: unknown, options: unknown, work: unknown): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`the options of a job must be an object; got ${showValue(options)}`]
  }
  const given = options as Readonly<Record<string, unknown>>
  const problems = Object.keys(given)
    .filter((key) => !OPTIONS.includes(key))
    .map((key) => `a job has no option "${key}"; it has ${OPTIONS.join(', ')}`)
  const must = (key: string, rule: string, value: unknown, holds: boolean): void => {
    if (!holds) problems.push(`"${key}" of a job must be ${rule}; got ${showValue(value)}`)
  }
  const rule = 'a letter, then at most 59 letters, digits, "_", "." or "-"'
  must('name', rule, name, typeof name === 'string' && NAME.test(name))
  must('work', 'a function', work, typeof work === 'function')
  const millis = `milliseconds from ${MIN_MILLIS} to ${MAX_MILLIS}`
  must('every', millis, given['every'], isMillis(given['every']))
  const { timeout, jitter, probes } = given
  must('timeout', millis, timeout, timeout === undefined || isMillis(timeout))
  must('jitter', 'from 0 to 1', jitter, jitter === undefined || isShare(jitter))
  for (const key of ['immediate', 'keepAlive']) {
    const value = given[key]
    must(key, 'true or false', value, value === undefined || typeof value === 'boolean')
  }
  must('probes', `a list of ${PROBES.join(', ')}`, probes, probes === undefined || isProbes(probes))
  return problems
}

/** The deadline of a run, in milliseconds. */
export function timeoutOf({ every, timeout = Math.max(every, LEAST_TIMEOUT) }: JobOptions): number {
  return timeout
}

function isMillis(value: unknown): boolean {
  return typeof value === 'number' && value >= MIN_MILLIS && value <= MAX_MILLIS
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1
}

function isProbes(value: unknown): boolean {
  return Array.isArray(value) && value.every((probe) => PROBES.includes(probe as string))
}
