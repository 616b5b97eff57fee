import { ConfigError } from '../core/errors.ts'
import { showValue } from '../core/show-value.ts'
import type { CheckResult } from './check-result.ts'
import {
  checksOfOthers,
  type ChecksOfCopy,
  type HealthOfCopies,
  type ShownCheck,
} from './checks-of-copies.ts'
import {
  observedHealthCheck,
  startHealthCheck,
  type CheckFunction,
  type CheckSurroundings,
  type HealthCheck,
} from './health-check.ts'
import { worstOf, type CheckReport, type HealthReport, type Probe } from './health-report.ts'

/** When a check runs, and whose answer depends on it. */
export interface CheckOptions {
  /** From the start of a run to the start of the next, in milliseconds; it varies by a tenth. Default 10 000. */
  readonly every?: number | undefined
  /** Deadline of a run, in milliseconds. Default 5 000. */
  readonly timeout?: number | undefined
  /**
   * Whose answers show it and turn to 503 with it: `health` for people and monitors, `ready` for load balancers, `live` for
   * whoever restarts what is stuck. Default `health` and `ready`.
   */
  readonly probes?: readonly Probe[] | undefined
}

/** A check that has been declared. */
export interface DeclaredCheck {
  /** Stops the check and takes it out of every answer. */
  remove(): void
}

/** What the checks need of the running telemetry. */
export interface RegistrySurroundings extends CheckSurroundings {
  readonly version: string | undefined
  /** Told of each result. */
  onResult(name: string, result: CheckResult): void
}

interface Entry {
  readonly check: HealthCheck
  readonly probes: readonly Probe[]
}

/** Beyond it something declares checks without end. */
const MAX_CHECKS = 100
const NAME = /^[A-Za-z][\w.-]{0,63}$/
/** Names of our own checks. */
const RESERVED = /^(?:auditSpool$|job\.)/
const PROBES: readonly Probe[] = ['health', 'ready', 'live']
const OPTIONS = ['every', 'timeout', 'probes']

/** Shorter than this, a check costs more than what it looks at. */
const MIN_MILLIS = 10
/** Somewhat less than a timer of Node.js can wait. */
const MAX_MILLIS = 2 ** 30

const NO_COPIES: HealthOfCopies = { copies: new Set() }

const NOT_DECLARED: CheckReport = {
  status: 'starting',
  message: 'no check of this name was declared',
  figures: {},
}

/** The checks of this copy of the package, by name; what is answered is made of those of all copies. */
export class HealthRegistry implements ChecksOfCopy {
  readonly #entries = new Map<string, Entry>()
  readonly #surroundings: () => RegistrySurroundings
  readonly #ofCopies: () => HealthOfCopies

  /** @param ofCopies - where other copies find the checks, and theirs are found; default: there are none */
  constructor(
    surroundings: () => RegistrySurroundings,
    ofCopies: () => HealthOfCopies = () => NO_COPIES,
  ) {
    this.#surroundings = surroundings
    this.#ofCopies = ofCopies
  }

  /** @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, with every problem listed */
  check(name: string, check: CheckFunction, options: CheckOptions = {}): DeclaredCheck {
    const problems = [...this.#problemsOf(name), ...problemsOf(check, options)]
    if (problems.length > 0) throw new ConfigError(problems)
    const { every = 10_000, timeout = 5_000, probes = ['health', 'ready'] } = options
    const started = startHealthCheck(check, { every, timeout }, this.#surroundings, (result) =>
      this.#surroundings().onResult(name, result),
    )
    return this.#add(name, { check: started, probes: [...probes] })
  }

  /** Adds a check that is asked at each answer, and stays; one of that name is replaced. */
  observe(name: string, read: () => CheckResult, probes: readonly Probe[]): DeclaredCheck {
    return this.#add(name, { check: observedHealthCheck(read), probes })
  }

  /**
   * What a probe is answered.
   *
   * @param names - the checks to show, in this order, whatever probes they are for; default: those for this probe
   */
  report(probe: Probe, names?: readonly string[]): HealthReport {
    const all = this.ofAllCopies()
    const shown = Array.isArray(names)
      ? names.map(String)
      : [...all].filter(([, { probes }]) => probes.includes(probe)).map(([name]) => name)
    const checks = Object.fromEntries(
      shown.map((name) => [name, all.get(name)?.report() ?? NOT_DECLARED]),
    )
    const { version, isDraining } = this.#surroundings()
    return { status: toStatus(probe, checks, isDraining()), checks, timestamp: new Date(), version }
  }

  /** The checks of this copy. */
  *all(): Iterable<ShownCheck> {
    for (const [name, { check, probes }] of this.#entries) {
      yield { name, probes, seconds: check.seconds, report: () => check.report() }
    }
  }

  /** The checks of all copies, each under a name of its own: one that another copy has as well is followed by a number. */
  ofAllCopies(): ReadonlyMap<string, ShownCheck> {
    const all = new Map<string, ShownCheck>()
    for (const check of this.all()) all.set(check.name, check)
    for (const check of checksOfOthers(this.#ofCopies(), this, this.#surroundings().redaction)) {
      let name = check.name
      for (let number = 2; all.has(name); number += 1) name = `${check.name}.${number}`
      all.set(name, check)
    }
    return all
  }

  #add(name: string, entry: Entry): DeclaredCheck {
    const { copies } = this.#ofCopies()
    copies.add(this)
    this.#entries.get(name)?.check.stop()
    this.#entries.set(name, entry)
    return {
      remove: () => {
        entry.check.stop()
        if (this.#entries.get(name) === entry) this.#entries.delete(name)
        if (this.#entries.size === 0) copies.delete(this)
      },
    }
  }

  #problemsOf(name: unknown): string[] {
    if (typeof name !== 'string' || !NAME.test(name)) {
      const rule = 'a letter, then at most 63 letters, digits, "_", "." or "-"'
      return [`the name of a health check must be ${rule}; got ${showValue(name)}`]
    }
    if (RESERVED.test(name)) {
      return [`"${name}" is the name of one of Telltale's own health checks; choose another`]
    }
    if (this.#entries.has(name)) {
      return [`a health check named "${name}" is there already; remove() it first`]
    }
    if (this.#entries.size < MAX_CHECKS) return []
    return [`there are ${MAX_CHECKS} health checks already, "${name}" would be one too many`]
  }
}

function toStatus(
  probe: Probe,
  checks: HealthReport['checks'],
  isDraining: boolean,
): HealthReport['status'] {
  const worst = worstOf(Object.values(checks))
  // Who starts or drains is not stuck: to restart it would only begin it all again, or cut off its last requests.
  if (probe === 'live') return worst === 'starting' ? 'healthy' : worst
  return isDraining ? 'draining' : worst
}

function problemsOf(check: unknown, options: CheckOptions): string[] {
  if (typeof check !== 'function') {
    return [`a health check must be a function; got ${showValue(check)}`]
  }
  if (typeof options !== 'object' || options === null) {
    return [`the options of a health check must be an object; got ${showValue(options)}`]
  }
  const problems = Object.keys(options)
    .filter((key) => !OPTIONS.includes(key))
    .map((key) => `a health check has no option "${key}"; it has ${OPTIONS.join(', ')}`)
  for (const key of ['every', 'timeout'] as const) {
    const value = options[key]
    if (value === undefined || isMillis(value)) continue
    problems.push(
      `"${key}" of a health check must be milliseconds from ${MIN_MILLIS} to ${MAX_MILLIS}; got ${showValue(value)}`,
    )
  }
  const { probes } = options
  if (probes !== undefined && !isProbes(probes)) {
    problems.push(
      `"probes" of a health check must be a list of ${PROBES.join(', ')}; got ${showValue(probes)}`,
    )
  }
  return problems
}

function isMillis(value: unknown): boolean {
  return typeof value === 'number' && value >= MIN_MILLIS && value <= MAX_MILLIS
}

function isProbes(value: unknown): boolean {
  return Array.isArray(value) && value.every((probe) => PROBES.includes(probe as Probe))
}
