import { createRedaction } from '../../src/core/redaction.ts'
import { metrics as metricsApi } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as first from '../../src/index.ts'
import { setHealthSurroundings } from '../../src/health/health.ts'
import { logLevels } from '../../src/logging/logging.ts'
import { setScrape } from '../../src/admin/metrics-answer.ts'
import { stopJobs, stoppedJobsEnded } from '../../src/jobs/jobs.ts'
import { createRecordingReporter } from './support/recording-reporter.ts'

/**
 * The first copy is the one that is started; the second one is that of a library which has its own in its node_modules.
 */
let second: typeof first
let secondLevels: typeof logLevels

const removed: (() => unknown)[] = []

beforeEach(async () => {
  vi.resetModules()
  second = await import('../../src/index.ts')
  secondLevels = (await import('../../src/logging/logging.ts')).logLevels
})

afterEach(async () => {
  await Promise.all(removed.splice(0).map((remove) => remove()))
  logLevels.configure({ level: 'info', components: {} })
  setScrape(undefined)
})

const SOON = { timeout: 15_000, interval: 5 }

function check(copy: typeof first, name: string, answer: unknown): void {
  const { remove } = copy.health.check(name, () => answer as string, { every: 10_000 })
  removed.push(remove)
}

const readChecks = (copy: typeof first): Record<string, unknown> =>
  (JSON.parse(copy.healthResponse().body) as { checks: Record<string, unknown> }).checks

test('the two copies are two', () => {
  expect(second.health).not.toBe(first.health)
  expect(secondLevels).not.toBe(logLevels)
})

describe('health checks of two copies', () => {
  test('are in the answers of both', async () => {
    check(first, 'ours', 'well')
    check(second, 'theirs', { status: 'degraded', message: 'slow', lag: 3 })
    const expected = {
      ours: { status: 'healthy', message: 'well' },
      theirs: { status: 'degraded', message: 'slow', lag: 3 },
    }

    await expect.poll(() => readChecks(first), SOON).toEqual(expected)
    await expect.poll(() => readChecks(second), SOON).toEqual(expected)
  })

  test('make the process unhealthy, whoever declared them', async () => {
    check(second, 'theirs', false)

    await expect
      .poll(() => readChecks(first), SOON)
      .toMatchObject({
        theirs: { status: 'unhealthy' },
      })
    expect(first.readyResponse().status).toBe(503)
    expect(first.liveResponse().status).toBe(200)
    expect(JSON.parse(first.healthResponse({ checks: ['theirs'] }).body)).toMatchObject({
      status: 'unhealthy',
    })
  })

  test('of one name are both there, and nothing throws', async () => {
    check(first, 'database', 'ours')
    check(second, 'database', 'theirs')

    await expect
      .poll(() => readChecks(first), SOON)
      .toMatchObject({
        database: { message: 'ours' },
        'database.2': { message: 'theirs' },
      })
  })

  test('are gone when they are removed', async () => {
    check(second, 'theirs', 'well')
    await expect.poll(() => readChecks(first), SOON).toHaveProperty('theirs')
    await Promise.all(removed.splice(0).map((remove) => remove()))

    expect(readChecks(first)).toEqual({})
  })

  test('say nothing that the first one knows for a secret', async () => {
    const { lent } = lend(() => false)
    check(second, 'theirs', { status: 'healthy', message: 'well', iban: 'DE02' })

    await expect
      .poll(() => readChecks(first), SOON)
      .toMatchObject({
        theirs: { status: 'healthy', iban: '[redacted]' },
      })
    expect(lent.lines).toEqual([])
  })

  test('do not run any more while the process drains, as the first one knows', async () => {
    let runs = 0
    let draining = false
    lend(() => draining)
    const { remove } = second.health.check('theirs', () => void (runs += 1), { every: 10 })
    removed.push(remove)
    await expect.poll(() => runs, SOON).toBeGreaterThan(0)
    draining = true
    await new Promise((resolve) => setTimeout(resolve, 30))
    const before = runs
    await new Promise((resolve) => setTimeout(resolve, 100))

    expect(runs).toBe(before)
    expect(JSON.parse(second.healthResponse({ shape: 'flat' }).body)).toMatchObject({
      status: 'draining',
      version: '1.2.3',
    })
  })

  test.each<[string, () => unknown, object]>([
    ['throws', fail, { status: 'unhealthy', message: 'not for you' }],
    ['answers nothing', () => undefined, { status: 'unhealthy' }],
    ['has a status of its own', () => ({ status: 'fine' }), { status: 'unhealthy' }],
    ['has no figures', () => ({ status: 'healthy' }), { status: 'healthy' }],
  ])('a copy of another version that %s costs no answer', async (_what, report, expected) => {
    check(second, 'theirs', 'well')
    await expect.poll(() => readChecks(first), SOON).toMatchObject({ theirs: { message: 'well' } })
    const { copies } = (globalThis as Record<symbol, unknown>)[Symbol.for('telltale.health.1')] as {
      copies: Set<unknown>
    }
    const strange = {
      all: () => [
        { name: 'strange', probes: ['health'], report, seconds: 'none' },
        { name: 7, probes: ['health'], report },
        { name: 'n'.repeat(10_000), probes: ['health'], report },
        { name: 'none', probes: undefined, report },
        null,
      ],
    }
    for (const copy of [strange, { all: fail }, {}, null]) copies.add(copy)
    try {
      const checks = readChecks(first)
      expect(checks).toMatchObject({ theirs: { status: 'healthy' }, strange: expected })
      expect(Object.keys(checks)).toEqual(['theirs', 'strange'])
    } finally {
      copies.clear()
    }
  })
})

describe('the log levels of two copies', () => {
  test.each(['first', 'second'] as const)('are those that the %s one sets', (which) => {
    const copies = { first, second }
    const logger = second.getLogger('auth')
    const level = (): boolean => isDebug(first) && isDebug(second)

    copies[which].setLogLevel('debug')
    expect(level()).toBe(true)
    copies[which].setLogLevel('default')
    expect(level()).toBe(false)
    copies[which].setLogLevel('debug', 'auth')
    expect(level()).toBe(true)
    expect(logger).toBeDefined()
  })

  test('are the ones of the settings, also for a copy that comes later', () => {
    logLevels.configure({ level: 'warn', components: { auth: 'debug' } })

    expect(severityIn(second, 'auth')).toBe(5)
    expect(severityIn(second, 'other')).toBe(13)
    second.setLogLevel('error')
    second.setLogLevel('default')
    expect(logLevels.current()).toEqual({ level: 'warn', components: { auth: 'debug' } })
  })

  test('stay as they are when a copy of another version has a level that this one does not', () => {
    logLevels.configure({ level: 'trace' as 'debug', components: { auth: 'fatal' as 'error' } })

    expect([severityIn(second, 'auth'), severityIn(second, 'other')]).toEqual([9, 9])
  })
})

describe('the jobs of two copies', () => {
  test('end together', async () => {
    let isTold = false
    const job = second.job('theirs', { every: 10_000 }, async ({ signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      await new Promise((resolve) => setTimeout(resolve, 50))
      isTold = true
    })
    removed.push(() => job.stop())
    await expect.poll(() => job.status().isRunning, SOON).toBe(true)

    stopJobs()
    await stoppedJobsEnded()

    expect(isTold).toBe(true)
  })
})

test('/metrics of the second copy is that of the first', async () => {
  expect((await second.metricsResponse()).status).toBe(503)
  setScrape(async () => ['a ', '1\n'])

  expect(await second.metricsResponse()).toMatchObject({ status: 200, body: 'a 1\n' })
})

test('an audit record of a copy that was not started is refused, and the reason names the other', async () => {
  const event = second.defineAuditEvent({ name: 'x', action: 'X' })
  const running = { status: () => ({ active: true }), startedBy: 'file:///app/telltale/init.js' }
  Object.defineProperty(globalThis, Symbol.for('telltale.running'), {
    value: running,
    configurable: true,
  })
  const refused = second.audit.record(event, { actor: { id: 'a', type: 'user' } })

  await expect(refused).rejects.toMatchObject({
    code: 'TELLTALE_AUDIT_NOT_STARTED',
    message: expect.stringContaining('another copy of telltale was started: file:///app/telltale'),
  })
})

/** What `init()` would lend to the first copy. */
function lend(isDraining: () => boolean) {
  const lent = createRecordingReporter()
  const redaction = createRedaction(['iban'])
  const meter = metricsApi.getMeter('test')
  const given = { reporter: lent, redaction, settings: {}, version: '1.2.3', isDraining }
  setHealthSurroundings(given, meter)
  removed.push(() => setHealthSurroundings({ ...given, isDraining: () => false }, meter))
  return { lent }
}

/** By its loggers, whose scope has no say without a provider. */
function severityIn(copy: typeof first, component: string): number {
  return levelsOf(copy).of(component).severity
}

function isDebug(copy: typeof first): boolean {
  return severityIn(copy, 'auth') === 5
}

function levelsOf(copy: typeof first): typeof logLevels {
  return copy === first ? logLevels : secondLevels
}

function fail(): never {
  throw new Error('not for you')
}
