import { afterEach, describe, expect, test, vi } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { createRedaction } from '../../../src/core/redaction.ts'
import type { CheckAnswer } from '../../../src/health/health-check.ts'
import { HealthRegistry, type CheckOptions } from '../../../src/health/health-registry.ts'

const declared: (() => void)[] = []

afterEach(() => {
  for (const stop of declared.splice(0)) stop()
})

/** A registry of its own for each test, and what it is told. */
function createRegistry() {
  const state = { draining: false, results: [] as string[] }
  const registry = new HealthRegistry(() => ({
    redaction: createRedaction(),
    version: '1.0.0',
    isDraining: () => state.draining,
    onResult: (name, { status }) => void state.results.push(`${name} ${status}`),
  }))
  const check = (name: string, run: (signal: AbortSignal) => unknown, options?: CheckOptions) => {
    const added = registry.check(name, ({ signal }) => run(signal) as CheckAnswer, options)
    declared.push(added.remove)
    return added
  }
  const one = (name = 'database') => registry.report('health', [name]).checks[name]!
  return { registry, check, one, state }
}

const until = (condition: () => void): Promise<void> =>
  vi.waitFor(condition, { timeout: 15_000, interval: 5 })
const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, millis))
const never = (): Promise<never> => new Promise(() => undefined)

describe('what a check answers', () => {
  const cycle: Record<string, unknown> = { status: 'healthy' }
  cycle['self'] = cycle

  test.each([
    ['nothing', () => undefined, { status: 'healthy' }],
    ['true', () => true, { status: 'healthy' }],
    ['null', () => null, { status: 'healthy' }],
    ['what a query answers with', () => ({ rows: [] }), { status: 'healthy' }],
    ['a text', () => 'PONG', { status: 'healthy', message: 'PONG' }],
    [
      'an error that is answered instead of thrown',
      async () => Promise.reject(new Error('no route')).catch((error: unknown) => error),
      { status: 'unhealthy', message: 'no route' },
    ],
    ['false', () => false, { status: 'unhealthy', message: 'the check answered false' }],
    [
      'a verdict with figures',
      async () => ({ status: 'degraded', message: 'slow', used: 9, full: false, of: 'ten' }),
      { status: 'degraded', message: 'slow', figures: { used: 9, full: false, of: 'ten' } },
    ],
    [
      'a status that is none',
      () => ({ status: 'ok' }),
      { status: 'unhealthy', message: expect.stringMatching(/"status" must be one of .*"ok"/) },
    ],
    [
      'an error',
      () => {
        throw new Error('no route to host')
      },
      { status: 'unhealthy', message: 'no route to host' },
    ],
    [
      'a rejection with a code',
      () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
      { status: 'unhealthy', message: 'ECONNREFUSED: refused' },
    ],
    [
      'a rejection with nothing',
      () => Promise.reject(),
      { status: 'unhealthy', message: 'undefined' },
    ],
    ['a cyclic verdict', () => cycle, { status: 'healthy', figures: {} }],
    [
      'figures that JSON does not have',
      () => ({ status: 'healthy', big: 10n ** 20n, none: Number.NaN, at: new Date(0) }),
      { figures: { big: '100000000000000000000', none: 'NaN' } },
    ],
    [
      'a verdict whose getter throws',
      () => ({
        get status() {
          throw new Error('no status today')
        },
      }),
      { status: 'unhealthy', message: 'no status today' },
    ],
    [
      'an error whose message throws',
      () =>
        Promise.reject(
          Object.defineProperty(new Error('x'), 'message', {
            get: () => {
              throw new Error('no')
            },
          }),
        ),
      { status: 'unhealthy', message: 'what was thrown cannot be read' },
    ],
    [
      'a proxy that throws at everything',
      () =>
        Promise.reject(
          new Proxy(
            {},
            {
              get: () => {
                throw new Error('no')
              },
              getPrototypeOf: () => {
                throw new Error('no')
              },
            },
          ),
        ),
      { status: 'unhealthy', message: 'what was thrown cannot be read' },
    ],
  ])('%s', async (_what, run, expected) => {
    const { check, one } = createRegistry()

    check('database', run)

    await until(() => expect(one().status).not.toBe('starting'))
    expect(one()).toMatchObject(expected)
    expect(() => JSON.stringify(one())).not.toThrow()
  })

  test('is shown without secrets, on one line, and not for ever', async () => {
    const { check, one } = createRegistry()
    const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(43)}`
    check('long', () => 'x'.repeat(100_000))
    check('token', () => Promise.reject(new Error(`refused Bearer ${token}\u001b[2J`)))
    check('figures', () => ({ status: 'healthy', password: 'hunter2', said: `with ${token}` }))

    await until(() => expect(one('figures').status).toBe('healthy'))

    expect(one('long').message).toHaveLength(301)
    expect(one('token').message).toBe('refused Bearer [redacted]\\u001b[2J')
    expect(one('figures').figures).toEqual({ password: '[redacted]', said: 'with [redacted]' })
  })
})

describe('a check that hangs', () => {
  test('is unhealthy after its timeout, is told so, and is not started again until it has ended', async () => {
    const { check, one, state } = createRegistry()
    let runs = 0
    let signal: AbortSignal | undefined
    const late = Promise.withResolvers<string>()
    check(
      'database',
      (given) => {
        runs += 1
        if (runs > 1) return 'back again'
        signal = given
        return late.promise
      },
      { every: 10, timeout: 50 },
    )
    expect(one()).toEqual({ status: 'starting', figures: {} })

    await until(() => expect(one().status).toBe('unhealthy'))
    await until(() => expect(signal!.reason).toMatchObject({ name: 'TimeoutError' }))
    await pause(200)
    expect(runs).toBe(1)
    expect(one().message).toMatch(/^no answer/)

    late.resolve('too late')
    await until(() => expect(one()).toMatchObject({ status: 'healthy', message: 'back again' }))
    expect(state.results.filter((result) => result === 'database unhealthy')).toHaveLength(1)
  })

  test('says for how long', async () => {
    const { check, one } = createRegistry()
    check('database', never, { every: 10, timeout: 100 })

    await until(() => expect(one().message).toMatch(/^no answer for [1-9]\d* s$/))
  })

  test('does not touch the others', async () => {
    const { check, one } = createRegistry()
    let runs = 0
    check('database', never, { every: 10, timeout: 20 })
    check('redis', () => void (runs += 1), { every: 10 })

    await until(() => expect(runs).toBeGreaterThan(5))
    expect(one('redis').status).toBe('healthy')
  })
})

test('runs of a check never overlap, however long they take', async () => {
  const { check } = createRegistry()
  let running = 0
  let most = 0
  let runs = 0
  check(
    'database',
    async () => {
      running += 1
      most = Math.max(most, running)
      await pause(30)
      running -= 1
      runs += 1
    },
    { every: 10, timeout: 10 },
  )

  await until(() => expect(runs).toBeGreaterThan(3))
  expect(most).toBe(1)
})

test('a result that has become old says so, and is no longer healthy', async () => {
  const { check, one } = createRegistry()
  const added = check('database', () => 'all well', { every: 10, timeout: 10 })
  await until(() => expect(one().status).toBe('healthy'))
  const report = one

  // The thread stands still: no timer can fire.
  const standsStillUntil = performance.now() + 100
  while (performance.now() < standsStillUntil);

  expect(report()).toMatchObject({
    status: 'degraded',
    message: expect.stringMatching(/^the newest result is \d+ s old: all well$/),
  })
  added.remove()
})

describe('declaring checks', () => {
  test.each([
    ['the same name twice', 'database', () => true, {}, /"database" is there already/],
    ['a name of our own', 'auditSpool', () => true, {}, /Telltale's own/],
    ['a name as jobs have it', 'job.sweep', () => true, {}, /Telltale's own/],
    ['an empty name', '', () => true, {}, /the name of a health check/],
    ['a name with spaces', 'the redis', () => true, {}, /got "the redis"/],
    ['no function', 'redis', 'SELECT 1', {}, /must be a function; got "SELECT 1"/],
    ['a time that is none', 'redis', () => true, { every: '10s' }, /"every".*got "10s"/],
    ['a time too short', 'redis', () => true, { timeout: 1 }, /"timeout".*from 10/],
    ['an unknown option', 'redis', () => true, { interval: 5 }, /no option "interval"/],
    [
      'an unknown probe',
      'redis',
      () => true,
      { probes: ['alive'] },
      /"probes".*health, ready, live/,
    ],
  ])('%s is refused', (_what, name, run, options, problem) => {
    const { registry, check } = createRegistry()
    check('database', () => true)

    const declare = (): unknown => registry.check(name, run as () => true, options as CheckOptions)

    expect(declare).toThrow(ConfigError)
    expect(declare).toThrow(problem)
  })

  test('there are at most 100', () => {
    const { check } = createRegistry()
    for (let index = 0; index < 100; index += 1) check(`check-${index}`, never)

    expect(() => check('one-more', never)).toThrow(/100 health checks already, "one-more"/)
  })

  test('a check that was removed does not run any more, and its name is free', async () => {
    const { registry, check } = createRegistry()
    let runs = 0
    let signal: AbortSignal | undefined
    const added = check('database', () => void (runs += 1), { every: 10 })
    const hanging = check('redis', (given) => ((signal = given), never()))
    await until(() => expect(runs).toBeGreaterThan(0))

    added.remove()
    hanging.remove()
    added.remove()
    const before = runs
    check('database', never)
    await pause(60)

    expect(runs).toBe(before)
    expect(signal!.aborted).toBe(true)
    expect(Object.keys(registry.report('health').checks)).toEqual(['database'])
  })
})

describe('what is asked for', () => {
  test('checks count where they are meant to', async () => {
    const { registry, check } = createRegistry()
    check('database', () => Promise.reject(new Error('gone')))
    check('mail', () => Promise.reject(new Error('gone')), { probes: ['health'] })
    check('loop', () => true, { probes: ['live'] })

    await until(() => expect(registry.report('ready').status).toBe('unhealthy'))

    expect(Object.keys(registry.report('health').checks)).toEqual(['database', 'mail'])
    expect(Object.keys(registry.report('ready').checks)).toEqual(['database'])
    expect(registry.report('live')).toMatchObject({
      status: 'healthy',
      checks: { loop: { status: 'healthy' } },
    })
  })

  test('named checks come in the order of the names, and one that is not there is not healthy', async () => {
    const { registry, check, one } = createRegistry()
    check('redis', () => true)
    check('database', () => true, { probes: ['ready'] })
    await until(() => expect(one('database').status).toBe('healthy'))

    const { status, checks } = registry.report('health', ['database', 'redis', 'celery'])

    expect(Object.keys(checks)).toEqual(['database', 'redis', 'celery'])
    expect(checks['celery']).toMatchObject({
      status: 'starting',
      message: expect.stringMatching(/no check/),
    })
    expect(status).toBe('starting')
  })

  test('before the first run has ended the service is starting, and alive', () => {
    const { registry, check } = createRegistry()
    check('database', never, { probes: ['health', 'ready', 'live'] })

    expect(registry.report('health').status).toBe('starting')
    expect(registry.report('ready').status).toBe('starting')
    expect(registry.report('live').status).toBe('healthy')
  })

  test('while the process drains nothing is looked at, and only the live probe is content', async () => {
    const { registry, check, state, one } = createRegistry()
    let runs = 0
    check('database', () => void (runs += 1), { every: 10 })
    await until(() => expect(one().status).toBe('healthy'))

    state.draining = true
    const before = runs
    await pause(60)

    expect(runs).toBe(before)
    expect(registry.report('health').status).toBe('draining')
    expect(registry.report('ready').status).toBe('draining')
    expect(registry.report('live').status).toBe('healthy')
  })

  test('a check that is observed is asked each time', () => {
    const { registry } = createRegistry()
    let waiting = 0
    registry.observe('spool', () => ({ status: 'healthy', figures: { waiting: ++waiting } }), [
      'health',
    ])

    expect(registry.report('health').checks['spool']!.figures).toEqual({ waiting: 1 })
    expect(registry.report('health').checks['spool']!.figures).toEqual({ waiting: 2 })
    expect(registry.report('ready').checks).toEqual({})
  })
})
