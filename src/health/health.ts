import type { Meter } from '@opentelemetry/api'
import { sendAnswer, type HttpAnswer } from '../core/http-answer.ts'
import type { AnswerableRequest, AnswerableResponse } from '../core/http-answer.ts'
import { createRedaction, type Redaction } from '../core/redaction.ts'
import { createReporter, writeToStderr, type Reporter } from '../core/reporter.ts'
import type { Settled } from '../config/setting.ts'
import { checkAnswerOptions } from './check-answer-options.ts'
import type { CheckResult } from './check-result.ts'
import { healthOfCopies } from './checks-of-copies.ts'
import type { CheckFunction } from './health-check.ts'
import { toHealthAnswer, type HealthAnswerOptions } from './health-answer.ts'
import { HealthRegistry, type CheckOptions, type DeclaredCheck } from './health-registry.ts'
import type { Probe } from './health-report.ts'
import { observeHealthChecks } from './metrics.ts'
import type { healthSettings } from './options.ts'
import { readyMadeChecks, type ReadyMadeChecks } from './ready-made/ready-made.ts'

export type { CheckResult } from './check-result.ts'
export type { Probe } from './health-report.ts'

/** Answers a request of Node's HTTP server, and of what is built upon it: Express, Fastify's and Koa's raw objects. */
export type HealthHandler = (request: AnswerableRequest, response: AnswerableResponse) => void

/** The health checks of this process; `init()` may come before or after they are declared, or not at all. */
export interface Health extends ReadyMadeChecks {
  /**
   * Declares a check. It runs in the background, at once and then again and again: answers are made of its newest result.
   *
   * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, also for a name that is there already
   */
  check(name: string, check: CheckFunction, options?: CheckOptions): DeclaredCheck
}

/** What `init()` lends to the health checks. */
export interface HealthSurroundings {
  readonly reporter: Reporter
  readonly redaction: Redaction
  readonly settings: Partial<Settled<typeof healthSettings>>
  readonly version: string | undefined
  readonly isDraining: () => boolean
}

let surroundings: HealthSurroundings = {
  reporter: createReporter(writeToStderr),
  redaction: createRedaction(),
  settings: {},
  version: undefined,
  isDraining: () => false,
}

const registry = new HealthRegistry(
  () => ({
    redaction: surroundings.redaction,
    version: healthOfCopies().version,
    isDraining: () => healthOfCopies().isDraining?.() ?? false,
    onResult: reportResult,
  }),
  healthOfCopies,
)

/** The health checks of this process. */
export const health: Health = {
  ...readyMadeChecks,
  check: (name, check, options) => registry.check(name, check, options),
}

/** Gives the checks what the running telemetry knows, and their metrics. Called by `init()`. */
export function setHealthSurroundings(given: HealthSurroundings, meter: Meter): void {
  surroundings = given
  const shared = healthOfCopies()
  shared.version = given.version
  shared.isDraining = given.isDraining
  observeHealthChecks(meter, () => registry.ofAllCopies())
}

/** Adds a check of our own, which is asked at each answer and costs nothing; one of that name is replaced. */
export function observeHealth(
  name: string,
  read: () => CheckResult,
  probes: readonly Probe[] = ['health'],
): DeclaredCheck {
  return registry.observe(name, read, probes)
}

/** What is answered to people and monitors: 503 when a check is unhealthy, or has not ended yet, or the process drains. */
export function healthResponse(options: HealthAnswerOptions = {}): HttpAnswer {
  return respond('health', options)
}

/** What is answered to a load balancer: the same, of the checks that are for it. */
export function readyResponse(options: HealthAnswerOptions = {}): HttpAnswer {
  return respond('ready', options)
}

/** What is answered to whoever restarts what is stuck: 200 unless a check that is for it is unhealthy; also while the process drains. */
export function liveResponse(options: HealthAnswerOptions = {}): HttpAnswer {
  return respond('live', options)
}

/**
 * {@link healthResponse} for Node's requests.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function healthHandler(options: HealthAnswerOptions = {}): HealthHandler {
  return toHandler(options, healthResponse)
}

/**
 * {@link readyResponse} for Node's requests.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function readyHandler(options: HealthAnswerOptions = {}): HealthHandler {
  return toHandler(options, readyResponse)
}

/**
 * {@link liveResponse} for Node's requests.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function liveHandler(options: HealthAnswerOptions = {}): HealthHandler {
  return toHandler(options, liveResponse)
}

function respond(probe: Probe, options: HealthAnswerOptions): HttpAnswer {
  const { settings, reporter } = surroundings
  return toHealthAnswer(
    registry.report(probe, options.checks),
    {
      shape: options.shape ?? settings.shape,
      messages: options.messages ?? settings.messages,
      version: options.version,
    },
    reporter,
  )
}

function toHandler(
  options: HealthAnswerOptions,
  make: (options: HealthAnswerOptions) => HttpAnswer,
): HealthHandler {
  checkAnswerOptions(options)
  const answer = (): HttpAnswer => make(options)
  return (request, response) => {
    void sendAnswer(request, response, answer, (reason) => {
      surroundings.reporter.once('health answer', `a health answer could not be sent: ${reason}`)
    })
  }
}

function reportResult(name: string, { status, message }: CheckResult): void {
  const cause = `health check ${name}`
  if (status === 'unhealthy') {
    surroundings.reporter.once(
      cause,
      `the health check "${name}" is unhealthy: ${message ?? 'it does not say why'}`,
    )
  } else surroundings.reporter.over(cause, `the health check "${name}" is ${status} now`)
}
