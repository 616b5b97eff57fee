import { diag, logs } from '@opentelemetry/api'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { runInNewContext, runInThisContext } from 'node:vm'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { toMirrorLine } from '../../src/audit/mirror/mirror-copy.ts'
import { toReason } from '../../src/core/errors.ts'
import { createRedaction, redactValue } from '../../src/core/redaction.ts'
import { createReporter } from '../../src/core/reporter.ts'
import { createDetailsMaker } from '../../src/audit/details.ts'
import { guarded } from '../../src/http/guarded.ts'
import { httpTelemetry } from '../../src/http/node-http.ts'
import { audit, defineAuditEvent, getLogger, operation } from '../../src/index.ts'
import type { LogFields } from '../../src/logging/logging.ts'
import { toJsonLine } from '../../src/logging/json-stdout-processor.ts'
import { toSafeValue } from '../../src/logging/safe-value.ts'
import {
  expectLog,
  expectNoSecrets,
  expectSpan,
  startTestTelemetry,
  type TestTelemetry,
} from '../../src/testing/testing.ts'
import { setDiagnostics } from '../../src/wiring/globals.ts'

// What a context of node:vm has made (a test under Jest, a plug-in, the script of a workflow) is no `instanceof` of our Error,
// Date or Map, and its plain objects have another Object.prototype. It has to say the same.

const telemetry = startTestTelemetry()
beforeEach(() => telemetry.reset())
afterAll(() => telemetry.stop())

const log = getLogger('realms')
const happened = defineAuditEvent({ name: 'happened', action: 'DO', erasable: ['erased'] })
const actor = { id: 'ada', type: 'user' } as const
const redaction = createRedaction()

/** Stacks say where; the rest is the same. */
const ERROR = `Object.assign(new TypeError('no such file', { cause: Object.assign(new RangeError('deep'), { stack: 'RangeError: deep' }) }), { code: 'ENOENT', stack: 'TypeError: no such file' })`
const VALUES: readonly (readonly [what: string, code: string])[] = [
  ['a plain object', '({ a: { b: [1, { c: null }] } })'],
  ['an object without a prototype', 'Object.assign(Object.create(null), { a: 1 })'],
  ['a list', '[1, [{ a: "x" }]]'],
  ['a date', 'new Date(1e12)'],
  ['a date that is none', 'new Date(NaN)'],
  ['a map', 'new Map([["a", new Map([[{}, 1]])], ["password", "hunter2"]])'],
  ['a set', 'new Set([1, new Date(0)])'],
  ['bytes', 'new Uint8Array([1, 2, 3])'],
  [
    'bytes that are a secret',
    'Uint8Array.from("password=swordfish", (sign) => sign.charCodeAt(0))',
  ],
  ['a buffer', 'new Uint8Array([4, 5]).buffer'],
  ['a view', 'new DataView(new Uint8Array([4, 5]).buffer, 1)'],
  ['numbers', 'new Float64Array([0.5])'],
  ['a pattern', '/x+/g'],
  ['a boxed text', 'new String("x")'],
  ['an error', ERROR],
  ['an error of a class', `new (class Refused extends Error { stack = 'Refused: no' })('no')`],
  [
    'several errors',
    `Object.assign(new AggregateError([new Error('first')]), { stack: 'a', errors: [] })`,
  ],
  ['an instance of a class', 'new (class Point { x = 1 })()'],
  [
    'an instance of a class that extends null',
    'Object.create((class A extends null {}).prototype)',
  ],
  ['secrets by name', '({ headers: [["cookie", "x"]], deep: { apiKey: "k" } })'],
]
const bothOf = (code: string): readonly [here: unknown, there: unknown] => [
  runInThisContext(code),
  runInNewContext(code),
]

describe.each(VALUES)('%s of another realm says what it says of ours', (_what, code) => {
  const [here, there] = bothOf(code)

  test('as a field of a log record, and within one', () => {
    for (const value of [here, there]) log.info('x', { value, deep: [{ value }] })

    const [ours, theirs] = telemetry.logs
    expect(theirs!.attributes).toEqual(ours!.attributes)
  })

  test('as all the fields, and as the message', () => {
    for (const value of [here, there]) {
      log.info('x', value as LogFields)
      log.info(value as string)
      log.child(value as LogFields).info('x')
    }

    const seen = telemetry.logs.map(({ message, attributes }) => ({ message, attributes }))
    expect(seen.slice(3)).toEqual(seen.slice(0, 3))
  })

  test('as what was thrown', () => {
    for (const error of [here, there]) log.error('x', { error })

    const [ours, theirs] = telemetry.logs
    expect(theirs!.attributes).toEqual(ours!.attributes)
    expect(toReason(there)).toBe(toReason(here))
  })

  test('in a line on stdout', () => {
    expect(toStdoutLine(there)).toBe(toStdoutLine(here))
  })

  test('in the details of an audit record: recorded, or refused for the same reason', async () => {
    const outcomes = await Promise.all(
      [here, there].map((value) =>
        audit
          .record(happened, { actor, details: { value, erased: { value } } })
          .then(() => undefined, toReason),
      ),
    )

    expect(outcomes[1]).toBe(outcomes[0])
    const seen = telemetry.auditRecords.map(({ details, erasable }) => ({ details, erasable }))
    expect(seen).toHaveLength(outcomes[0] === undefined ? 2 : 0)
    expect(seen[1]).toEqual(seen[0])
  })

  test('as the details of an audit record', async () => {
    expect(detailsOf(there)).toBe(detailsOf(here))
  })

  test('in an audit record of the plain Logs API', () => {
    for (const value of [here, there]) {
      logs.getLogger('plain').emit({
        eventName: 'happened',
        attributes: {
          'audit.record.id': crypto.randomUUID(),
          'audit.actor.id': 'ada',
          'audit.actor.type': 'user',
          'audit.action': 'DO',
          'audit.outcome': 'success',
          'audit.details': { value },
        },
      })
    }

    const [ours, theirs] = telemetry.auditRecords
    expect(theirs!.details).toEqual(ours!.details)
  })

  test('where secrets are looked for', async () => {
    expect(toSafeValue(redactValue(there, redaction))).toEqual(
      toSafeValue(redactValue(here, redaction)),
    )
    expect(await placesIn(there)).toBe(await placesIn(here))
  })
})

describe('an error of another realm', () => {
  const [, error] = bothOf(ERROR)
  const rejection = (): Promise<never> =>
    runInNewContext('Promise.reject(error)', { error }) as Promise<never>

  test('is the type of error of an operation', async () => {
    await expect(operation('copy', rejection)).rejects.toBe(error)

    const span = expectSpan(telemetry, 'copy', { attributes: { 'error.type': 'ENOENT' } })
    expect(span.events).toMatchObject([{ attributes: { 'exception.message': 'no such file' } }])
    expectLog(telemetry, 'copy failed', { attributes: { 'exception.type': 'TypeError' } })
  })

  test('is told with its message when OpenTelemetry complains', () => {
    const said: string[] = []
    setDiagnostics(
      'warn',
      createReporter((line) => void said.push(line)),
    )

    diag.error('export failed', error)

    diag.disable()
    expect(said.join('')).toContain('export failed no such file')
  })

  test('rejected by a callback of an HTTP server ends no process, and is told once', async () => {
    const told: unknown[][] = []
    const tell = (...words: unknown[]): void => void told.push(words)
    diag.setLogger({ error: tell, warn: tell, info: tell, debug: tell, verbose: tell })

    void guarded('route', rejection)
    await nextTurn()

    diag.disable()
    expect(told).toEqual([
      ['http: route threw; requests go on without it', '(ENOENT: no such file)'],
    ])
  })

  test('that a listener rejects with is in the log of its request', async () => {
    const { handler } = httpTelemetry()
    const response = Object.assign(new EventEmitter(), { statusCode: 200, setHeader: () => {} })
    const request = { method: 'GET', url: '/', headers: {}, socket: new Socket() }
    const listener = handler(rejection)

    await expect(
      listener(request as IncomingMessage, response as unknown as ServerResponse),
    ).rejects.toBe(error)
    response.statusCode = 500
    response.emit('finish')
    response.emit('close')

    expectLog(telemetry, 'request failed', {
      attributes: { 'exception.message': 'no such file' },
    })
  })
})

test('bytes of another realm are base64 in a copy of an audit record', () => {
  const [here, there] = bothOf('new Uint8Array([1, 2, 3])')

  expect(toCopiedLine(there)).toBe(toCopiedLine(here))
})

test('patterns of another realm find what they describe', () => {
  log.info('order placed', { orderId: 'o-1' })

  expectLog(telemetry, toPattern('/^order/'), { attributes: { orderId: toPattern('/^o-/') } })
  expect(() => expectLog(telemetry, toPattern('/shipped/'))).toThrow(
    'there is no log record with message /shipped/',
  )
})

test('a time of another realm is the time of a log record', () => {
  const [, timestamp] = bothOf('new Date(1e12)')

  logs.getLogger('plain').emit({ body: 'then', timestamp: timestamp as Date })

  expectLog(telemetry, 'then')
  expect(telemetry.said).toEqual([])
})

function toStdoutLine(value: unknown): string {
  return toJsonLine({
    body: toSafeValue(value),
    attributes: { value: toSafeValue(value) },
    hrTime: [0, 0],
    instrumentationScope: { name: 'x' },
  } as unknown as ReadableLogRecord)
}

function toCopiedLine(bytes: unknown): string {
  return toMirrorLine({ event: 'x', timestamp: 'now', fields: {}, details: { bytes } })
}

/** Their text in the evidence, or why they are refused. */
function detailsOf(value: unknown): string | undefined {
  try {
    return createDetailsMaker(redaction).make(value as object, undefined).details
  } catch (error) {
    return toReason(error)
  }
}

/** What is said of a log record that was not redacted. */
function placesIn(value: unknown): Promise<unknown> {
  const leaking = {
    spans: [],
    auditRecords: [],
    logs: [{ message: 'x', attributes: { value } }],
    metrics: async () => [],
  } as unknown as TestTelemetry
  return expectNoSecrets(leaking).then(() => undefined, toReason)
}

function toPattern(text: string): RegExp {
  return runInNewContext(text) as RegExp
}
