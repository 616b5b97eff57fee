import type { Span } from '@opentelemetry/api'
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'
import { sizeOfSpan } from '../../../src/otlp/item-size.ts'
import { createBoundingSpanProcessor } from '../../../src/tracing/bounding-span-processor.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

const huge = 'x'.repeat(10_000_000)
const LENGTH = 65_536

function record(fill: (span: Span) => void, { valueLength = LENGTH, name = 'work' } = {}) {
  const reporter = createRecordingReporter()
  const ended: ReadableSpan[] = []
  const provider = new TracerProvider({
    spanLimits: { attributeValueLengthLimit: valueLength },
    spanProcessors: [
      createBoundingSpanProcessor(valueLength, reporter),
      {
        onStart: () => undefined,
        onEnd: (span) => void ended.push(span),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  for (let times = 0; times < 2; times += 1) {
    const span = provider.getTracer('test').startSpan(name)
    fill(span)
    span.end()
  }
  return { span: ended[0]!, said: reporter.lines }
}

test('an ordinary span is left as it is, and nothing is said', () => {
  const attributes = { text: 'x'.repeat(LENGTH - 1), list: ['a', 'b'], number: 7, yes: true }
  const { span, said } = record((each) => {
    each.setAttributes(attributes)
    each.addEvent('happened', { why: 'because' })
    each.setStatus({ code: 2, message: 'failed' })
  })

  expect(span.attributes).toEqual(attributes)
  expect(span.events[0]).toMatchObject({ name: 'happened', attributes: { why: 'because' } })
  expect(span.status).toEqual({ code: 2, message: 'failed' })
  expect(said).toEqual([])
})

describe.each<[string, (span: Span) => void, (span: ReadableSpan) => unknown, unknown]>([
  ['an attribute', (span) => span.setAttribute('a', huge), (span) => span.attributes['a'], LENGTH],
  [
    'the name of an attribute',
    (span) => span.setAttribute(huge, 'x'),
    (span) => Object.keys(span.attributes)[0],
    1_024,
  ],
  ['the name', (span) => span.updateName(huge), (span) => span.name, 1_024],
  [
    'the status',
    (span) => span.setStatus({ code: 2, message: huge }),
    (span) => span.status.message,
    LENGTH,
  ],
  ['the name of an event', (span) => span.addEvent(huge), (span) => span.events[0]?.name, 1_024],
  [
    'an attribute of an event',
    (span) => span.addEvent('e', { a: huge }),
    (span) => span.events[0]?.attributes?.['a'],
    LENGTH,
  ],
  [
    'an attribute of a link',
    (span) => span.addLink({ context: span.spanContext(), attributes: { a: huge } }),
    (span) => span.links[0]?.attributes?.['a'],
    LENGTH,
  ],
])('%s of 10 MB', (_what, fill, read, length) => {
  test('is cut, and said once', () => {
    const { span, said } = record(fill)

    expect(read(span)).toSatisfy((text: string) => text.length === length)
    expect(said).toHaveLength(1)
    expect(said[0]!.length).toBeLessThan(3_000)
  })
})

test('a list is cut after the items for which there is room, an object is left out', () => {
  const { span } = record((each) => {
    each.setAttribute('list', Array<string>(1_000_000).fill('0123456789'))
    each.setAttribute('object', { of: Array<string>(1_000).fill('y'.repeat(1_000)) })
    each.setAttribute('bytes', new Uint8Array(1_000_000))
    each.setAttribute('after', 'short')
  })

  expect((span.attributes['list'] as string[]).length).toBeGreaterThan(1_000)
  expect(span.attributes['object']).toBe('[cut]')
  expect(span.attributes['after']).toBe('short')
  expect(sizeOfSpan(span)).toBeLessThan(200_000)
})

test('a span with as much of everything as the SDK allows is no larger than its bound', () => {
  const { span } = record((each) => {
    for (let at = 0; at < 128; at += 1) {
      each.setAttribute(`long${at}`, huge)
      const many = Array.from({ length: 128 }, (_none, index) => [`a${index}`, huge])
      each.addEvent(huge, Object.fromEntries(many))
      each.addLink({ context: each.spanContext(), attributes: Object.fromEntries(many) })
    }
    each.setAttribute('long127', 'short ones stay')
  })

  expect(sizeOfSpan(span)).toBeLessThan(700_000)
  expect(span.attributes['long0']).toHaveLength(LENGTH)
  expect(span.attributes['long126']).toBe('[cut]')
  expect(span.attributes['long127']).toBe('short ones stay')
})

test('a limit that is set wins, downwards and upwards', () => {
  const low = record(fill, { valueLength: 10 })
  const high = record(fill, { valueLength: 5_000_000 })

  expect(low.span.attributes).toEqual({ a: 'x'.repeat(10), list: ['x'.repeat(10), 'b'] })
  expect(low.said).toEqual([])
  expect((high.span.attributes['a'] as string).length).toBe(5_000_000)
})

const fill = (span: Span): void => void span.setAttributes({ a: huge, list: [huge, 'b'] })
