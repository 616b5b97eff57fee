import { logs } from '@opentelemetry/api'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { afterEach, describe, expect, test } from 'vitest'
import { createJsonStdoutProcessor } from '../../../src/logging/json-stdout-processor.ts'
import { getLogger } from '../../../src/logging/logging.ts'
import { settleAll } from '../../../src/settings.ts'
import { startTestTelemetry } from '../../../src/testing/testing.ts'

const USUAL = 65_536
const WHOLE = 524_288

let telemetry: ReturnType<typeof startTestTelemetry> | undefined

afterEach(() => telemetry?.stop())

function start(attributeValueLengthLimit?: number) {
  return (telemetry = startTestTelemetry({ logging: { attributeValueLengthLimit } }))
}

const toText = (length: number): string => 'x'.repeat(length)

describe('the longest value of a field', () => {
  test('is the usual one when nothing is set', () => {
    const { logs: seen } = start()
    getLogger('app').info('long', { text: toText(USUAL + 1), within: { text: toText(USUAL) } })

    expect(seen[0]!.attributes['text']).toBe(`${toText(USUAL)}… [cut]`)
    expect(toLengths(seen[0]!.attributes['within'])).toBeLessThan(USUAL + 20)
  })

  test.each(['OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'])(
    'is what %s says, beyond the usual one too',
    (variable) => {
      const findings = { problems: [], warnings: [] }
      const { logging } = settleAll({}, { [variable]: '200000' }, findings)
      const { logs: seen, said } = start(logging.attributeValueLengthLimit)
      const fields = { text: toText(200_000), within: { a: toText(199_000), at: new Date(0) } }
      getLogger('app').info('long', fields)

      expect(seen[0]!.attributes).toMatchObject({
        text: fields.text,
        within: { ...fields.within, at: '1970-01-01T00:00:00.000Z' },
      })
      expect(said).toEqual([])
    },
  )

  test('is the same on stdout', () => {
    const lines: string[] = []
    const processor = createJsonStdoutProcessor((line) => void lines.push(line), 200_000)
    const provider = new LoggerProvider({ processors: [processor] })
    provider.getLogger('app').emit({ attributes: { within: { a: toText(199_000) } } })

    expect(JSON.parse(lines[0]!)).toMatchObject({ within: { a: toText(199_000) } })
  })

  test('has a word where it is cut, whatever is set', () => {
    const { logs: seen } = start(200_000)
    getLogger('app').info('long', { text: toText(200_001) })

    expect(seen[0]!.attributes['text']).toBe(`${toText(200_000)}… [cut]`)
  })

  test('can be set shorter, and is cut without a word, as OpenTelemetry says', () => {
    const { logs: seen, said } = start(10)
    getLogger('app').info('long', { text: toText(11) })

    expect(seen[0]!.attributes['text']).toBe(toText(10))
    expect(said).toEqual([])
  })

  test('is no more than a whole record has', () => {
    const { logs: seen } = start(10_000_000)
    getLogger('app').info('long', { text: toText(2_000_000), after: 'short' })

    const { text, after } = seen[0]!.attributes
    expect(text).toMatch(/^x+… \[cut\]$/)
    expect((text as string).length).toBeGreaterThan(WHOLE - 1_000)
    expect((text as string).length).toBeLessThan(WHOLE + 20)
    expect(after).toBe('short')
  })

  test('0 is no limit of its own, and nothing is said of it', () => {
    const { logs: seen, said } = start(0)
    getLogger('app').info('long', { text: toText(100) })

    expect(seen[0]!.attributes['text']).toBe(toText(100))
    expect(said).toEqual([])
  })
})

describe('what is cut off', () => {
  test.each<[string, () => void, string]>([
    [
      'a text',
      () => getLogger('app').info('x', { note: toText(70_000) }),
      'the field "note" of "app"',
    ],
    [
      'a text in an object',
      () => getLogger('app').info('x', { note: { deep: [toText(70_000)] } }),
      'the field "note" of "app"',
    ],
    [
      'items of a list',
      () => getLogger('app').info('x', { list: Array(2_000).fill(1) }),
      'the field "list" of "app"',
    ],
    [
      'members of an object',
      () =>
        getLogger('app').info('x', {
          map: new Map(
            Array(2_000)
              .fill(1)
              .map((_, at) => [at, 1]),
          ),
        }),
      'the field "map" of "app"',
    ],
    [
      'what lies too deep',
      () => getLogger('app').info('x', { deep: JSON.parse('['.repeat(40) + ']'.repeat(40)) }),
      'the field "deep" of "app"',
    ],
    [
      'bytes',
      () => getLogger('app').info('x', { bytes: new Uint8Array(70_000) }),
      'the field "bytes" of "app"',
    ],
    ['the message', () => getLogger('app').info(toText(70_000)), 'the message of "app"'],
    [
      'a body that is an object',
      () => logs.getLogger('plain').emit({ body: { text: toText(70_000) } }),
      'the message of "plain"',
    ],
    [
      'a message that is no text',
      () => getLogger('app').info({ text: toText(70_000) } as unknown as string),
      'the message of "app"',
    ],
    [
      'many fields that are too much together',
      () =>
        getLogger('app').info(
          'x',
          Object.fromEntries(
            Array(20)
              .fill(1)
              .map((_, at) => [`f${at}`, toText(60_000)]),
          ),
        ),
      'the field "f8" of "app"',
    ],
    [
      'the name of a field',
      () => getLogger('app').info('x', { ['n'.repeat(2_000)]: 1 }),
      'the name of a field of "app"',
    ],
    [
      'the name of an event',
      () => logs.getLogger('plain').emit({ eventName: 'n'.repeat(2_000) }),
      'the event name of "plain"',
    ],
  ])('is said once: %s', (_what, log, where) => {
    const { said } = start()
    log()
    log()
    getLogger('other').info('x', { another: toText(70_000) })

    expect(said).toHaveLength(1)
    expect(said[0]).toContain(`a log record is too large (first because of ${where})`)
    expect(said[0]).toContain('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT')
  })

  test('is said without the secret that its name may be', () => {
    const { said } = start()
    getLogger('app').info('x', { 'Bearer t0ken-12345': toText(70_000) })

    expect(said[0]).toContain('too large')
    expect(said[0]).not.toContain('t0ken')
  })

  test('is not said of cycles, or of what throws', () => {
    const { said, logs: seen } = start()
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    Object.defineProperty(cycle, 'broken', { enumerable: true, get: fail })
    getLogger('app').info('x', { cycle })

    expect(seen[0]!.attributes['cycle']).toEqual({ self: '[circular]', broken: '[threw]' })
    expect(said).toEqual([])
  })
})

function toLengths(value: unknown): number {
  return JSON.stringify(value).length
}

function fail(): never {
  throw new Error('not for you')
}
