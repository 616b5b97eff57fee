import { logs } from '@opentelemetry/api'
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRedaction } from '../../../src/core/redaction.ts'
import { createGuardedLoggerProvider } from '../../../src/logging/guarded-logger-provider.ts'
import { createLogLengths } from '../../../src/logging/log-record-limits.ts'
import {
  getLogger,
  logLevels,
  setLogLevel,
  type LogFields,
  type Logger,
} from '../../../src/logging/logging.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

let records: ReadableLogRecord[]

function startProvider(): void {
  const processor = {
    onEmit: (record: ReadableLogRecord) => void records.push(record),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
  const reporter = createRecordingReporter()
  const lengths = createLogLengths(Infinity, createRedaction(), reporter)
  const provider = new LoggerProvider({ processors: [processor] })
  logs.setGlobalLoggerProvider(createGuardedLoggerProvider(provider, reporter, lengths))
}

beforeEach(() => (records = []))
afterEach(() => {
  logs.disable()
  logLevels.configure({ level: 'info', components: {} })
})

describe('a record', () => {
  beforeEach(startProvider)

  test.each([
    ['debug', 5],
    ['info', 9],
    ['warn', 13],
    ['error', 17],
  ] as const)(
    'of the level %s has its severity, the message and the component',
    (level, severity) => {
      setLogLevel('debug')
      getLogger('auth')[level]('signed in', { user: 'ann' })

      expect(records).toMatchObject([
        {
          severityNumber: severity,
          severityText: level,
          body: 'signed in',
          attributes: { user: 'ann', component: 'auth' },
          instrumentationScope: { name: 'auth' },
        },
      ])
    },
  )

  test('has the fields of all its parents; the nearest wins, and none displaces the component', () => {
    const child = getLogger('auth')
      .child({ request: 1, user: 'ann' })
      .child({ user: 'bea', component: 'x' })
    child.info('signed in', { request: 2, component: 'y' })

    expect(records[0]!.attributes).toEqual({ request: 2, user: 'bea', component: 'auth' })
  })

  test('has what was thrown as exception, from its field, from a parent’s, or in place of the message', () => {
    const error = new RangeError('too far')
    const exception = { 'exception.type': 'RangeError', 'exception.message': 'too far' }
    const log = getLogger('auth')
    log.error('failed', { error, user: 'ann' })
    log.child({ error }).error('failed')
    log.error(error as unknown as string)

    expect(records.map(({ body }) => body)).toEqual(['failed', 'failed', 'too far'])
    for (const { attributes } of records) {
      expect(attributes).toMatchObject({ ...exception, 'exception.stacktrace': error.stack })
      expect(attributes).not.toHaveProperty('error')
    }
  })

  test('that says whether there was an error has that as a field', () => {
    getLogger('auth').info('done', { error: false })

    expect(records[0]!.attributes).toEqual({ error: false, component: 'auth' })
  })
})

function write(log: Logger): void {
  log.debug('debug')
  log.info('info')
  log.warn('warn')
  log.error('error')
}

const written = (): unknown[] => records.map(({ body }) => body)

describe('levels', () => {
  beforeEach(startProvider)

  test('info is written and debug is not, unless something else is set', () => {
    write(getLogger('auth'))

    expect(written()).toEqual(['info', 'warn', 'error'])
  })

  test('change while running, for loggers and children that are there already', () => {
    const log = getLogger('auth')
    const child = log.child({ a: 1 })
    setLogLevel('error', 'auth')
    write(log)
    write(child)
    write(getLogger('db'))

    expect(written()).toEqual(['error', 'error', 'info', 'warn', 'error'])
  })

  test('are answered for', () => {
    setLogLevel('debug', 'auth')

    expect(getLogger('auth').isEnabled('debug')).toBe(true)
    expect(getLogger('db').isEnabled('debug')).toBe(false)
    expect(getLogger('db').isEnabled('wrong' as 'debug')).toBe(false)
  })

  test('that there are not change nothing', () => {
    setLogLevel('loud' as 'debug')
    setLogLevel(undefined as unknown as 'debug')

    expect(logLevels.current()).toEqual({ level: 'info', components: {} })
  })
})

test('a logger made before there is a provider writes once there is one, and nothing before', () => {
  const log = getLogger('auth')
  log.error('too early')
  expect(log.isEnabled('error')).toBe(false)

  startProvider()
  log.error('in time')

  expect(records.map(({ body }) => body)).toEqual(['in time'])
})

test('a provider that throws does not reach the caller', () => {
  logs.setGlobalLoggerProvider({
    getLogger: () => ({
      enabled: () => true,
      emit() {
        throw new Error('no')
      },
    }),
  })

  expect(() => getLogger('auth').info('x')).not.toThrow()
})

describe('what no caller should give', () => {
  beforeEach(startProvider)
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const throwing = {
    fine: 1,
    get broken() {
      throw new Error('no')
    },
  }

  test.each([
    { what: 'a getter that throws', given: () => throwing },
    { what: 'a revoked proxy', given: () => revoked.proxy },
    { what: 'a text', given: () => 'text' },
    { what: 'null', given: () => null },
  ])('$what as fields costs no more than itself', ({ given }) => {
    const fields = given() as unknown as LogFields
    getLogger('auth').child(fields).info('x', fields)

    expect(records).toMatchObject([{ body: 'x', attributes: { component: 'auth' } }])
  })

  test('a message that is no text is written all the same', () => {
    const messages = [undefined, null, 7, Symbol('x'), revoked.proxy, { a: 1 }]
    for (const message of messages) getLogger('auth').info(message as string)

    const bodies = [undefined, null, 7, 'Symbol(x)', '[threw]', { a: 1 }]
    expect(records.map(({ body }) => body)).toEqual(bodies)
  })

  test('a name that is none is unknown', () => {
    getLogger(undefined as unknown as string).info('x')

    expect(records[0]!.attributes['component']).toBe('unknown')
  })

  test('a name with a secret in it, or an endless one, is none of a scope either', () => {
    getLogger('mirror of postgres://app:hunter2@db/app').info('x')
    getLogger('n'.repeat(1_000_000)).info('x')

    const scopes = records.map(({ instrumentationScope }) => instrumentationScope.name)
    expect(scopes).toEqual(['mirror of postgres://app:[redacted]@db/app', 'n'.repeat(128)])
    expect(records.map(({ attributes }) => attributes['component'])).toEqual(scopes)
  })

  test('an error in place of the fields is what was thrown', () => {
    const error = new RangeError('too far')
    getLogger('auth').error('failed', error as unknown as LogFields)
    getLogger('auth')
      .child(error as unknown as LogFields)
      .error('failed')

    for (const { attributes } of records) {
      expect(attributes).toMatchObject({
        'exception.type': 'RangeError',
        'exception.message': 'too far',
        'exception.stacktrace': error.stack,
      })
    }
  })

  test.each([
    ['a text', 'ann', 'ann'],
    ['a list', ['ann', 7], ['ann', 7]],
    ['a number', 7, 7],
    ['bytes', new Uint8Array([1]), new Uint8Array([1])],
  ])('%s in place of the fields is one field, whatever its length', (_what, given, kept) => {
    getLogger('auth').info('x', given as unknown as LogFields)

    expect(records[0]!.attributes).toEqual({ component: 'auth', fields: kept })
  })

  test('of more fields than a record may have, what was thrown is among those that are kept', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, at) => [`field ${at}`, at]),
    )
    getLogger('auth').error('failed', { ...fields, error: new Error('lost?') })
    getLogger('auth')
      .child(Object.fromEntries(Object.entries(fields).slice(0, 200)))
      .error('failed', { error: new Error('lost?') })

    expect(records[0]!.attributes).toMatchObject({ component: 'auth', 'field 0': 0 })
    for (const { attributes } of records) {
      expect(attributes).toMatchObject({ 'exception.message': 'lost?' })
    }
  })
})

test('a method that is handed over without its logger writes its record, as that of nobody', () => {
  startProvider()
  const { info, error, warn, debug, child, isEnabled } = getLogger('auth') as unknown as Record<
    string,
    (...given: unknown[]) => unknown
  >
  const emitter = { error }

  info!('alone', { a: 1 })
  emitter.error!(new Error('as a callback'))
  warn!('not well')
  debug!('not written')
  ;(child!({ b: 2 }) as Logger).info('of its child')

  expect(isEnabled!('info')).toBe(true)
  expect(records.map(({ body }) => body)).toEqual([
    'alone',
    'as a callback',
    'not well',
    'of its child',
  ])
  expect(records.map(({ attributes }) => attributes['component'])).toEqual(Array(4).fill('unknown'))
})
