import { ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Context } from '@opentelemetry/api'
import { SamplingDecision } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'
import { settle } from '../../../src/config/settle.ts'
import { tracingSettings, type TracingOptions } from '../../../src/tracing/options.ts'
import { createSampler } from '../../../src/tracing/telltale-sampler.ts'

const LOW = '00000000000000000000000000000001'
const HIGH = '000000000000000000ffffffffffff00'

const spanId = 'b7ad6b7169203331'
const child = (traceFlags: number): Context =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: HIGH, spanId, traceFlags, isRemote: true })

const parents = {
  none: ROOT_CONTEXT,
  sampled: child(TraceFlags.SAMPLED),
  unsampled: child(TraceFlags.NONE),
}

function isSampled(
  options: TracingOptions,
  parent: keyof typeof parents,
  traceId: string,
): boolean {
  const findings = { problems: [], warnings: [] }
  const sampler = createSampler(settle('', tracingSettings, options, {}, findings))
  const { decision } = sampler.shouldSample(
    parents[parent],
    traceId,
    'GET /',
    SpanKind.SERVER,
    {},
    [],
  )
  return decision === SamplingDecision.RECORD_AND_SAMPLED
}

describe.each<[NonNullable<TracingOptions['sampler']>, string | undefined, readonly boolean[]]>([
  // The decision for: a root, a child of a sampled parent, a child of an unsampled one.
  ['always_on', undefined, [true, true, true]],
  ['always_off', undefined, [false, false, false]],
  ['traceidratio', '0', [false, false, false]],
  ['traceidratio', '1', [true, true, true]],
  ['traceidratio', undefined, [true, true, true]],
  ['parentbased_always_on', undefined, [true, true, false]],
  ['parentbased_always_off', undefined, [false, true, false]],
  ['parentbased_traceidratio', '0', [false, true, false]],
  ['parentbased_traceidratio', '1', [true, true, false]],
  ['parentbased_traceidratio', undefined, [true, true, false]],
])('%s with %s', (sampler, samplerArgument, expected) => {
  const options = { sampler, ...(samplerArgument !== undefined && { samplerArgument }) }

  test.each([
    ['a root', 'none', expected[0]],
    ['a child of a sampled span', 'sampled', expected[1]],
    ['a child of an unsampled span', 'unsampled', expected[2]],
  ] as const)('decides for %s', (_title, parent, sampled) => {
    expect(isSampled(options, parent, HIGH)).toBe(sampled)
  })
})

test('a ratio keeps some traces and drops others, by their id', () => {
  const half = { sampler: 'traceidratio', samplerArgument: '0.5' } as const

  expect(isSampled(half, 'none', LOW)).not.toBe(isSampled(half, 'none', HIGH))
})

test('unless told otherwise every new trace is kept, and a parent decides for its children', () => {
  expect(isSampled({}, 'none', LOW)).toBe(true)
  expect(isSampled({}, 'unsampled', LOW)).toBe(false)
})
