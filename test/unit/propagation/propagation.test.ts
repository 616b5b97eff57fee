import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { createPropagator } from '../../../src/propagation/propagation.ts'

const spanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
}
const context = propagation.setBaggage(
  trace.setSpanContext(ROOT_CONTEXT, spanContext),
  propagation.createBaggage({ tenant: { value: 'tenant-1' } }),
)
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const nowhere = '/nowhere'
const everywhere = { baggageKeys: ['tenant'], baggageHosts: ['*'], acceptBaggage: true }

test.each([
  [['tracecontext', 'baggage'], { traceparent, baggage: 'tenant=tenant-1' }],
  [['tracecontext'], { traceparent }],
  [['baggage'], { baggage: 'tenant=tenant-1' }],
])('%j sends %j', (names, expected) => {
  const warnings: string[] = []
  const headers = {}

  createPropagator(names, everywhere, nowhere, warnings).inject(
    context,
    headers,
    defaultTextMapSetter,
  )

  expect(headers).toEqual(expected)
  expect(warnings).toEqual([])
})

test('what was sent is understood', () => {
  const propagator = createPropagator(['tracecontext', 'baggage'], everywhere, nowhere, [])
  const headers = { traceparent, baggage: 'tenant=tenant-1' }

  const received = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)

  expect(trace.getSpanContext(received)).toMatchObject(spanContext)
  expect(propagation.getBaggage(received)?.getEntry('tenant')?.value).toBe('tenant-1')
})

test.each([[['none']], [['tracecontext', 'none']]])('%j sends nothing', (names) => {
  const headers = {}

  createPropagator(names, everywhere, nowhere, []).inject(context, headers, defaultTextMapSetter)

  expect(headers).toEqual({})
})

test.each(['b3', 'b3multi'])('%s without its package is a warning, and the others work', (name) => {
  const warnings: string[] = []
  const headers = {}

  createPropagator([name, 'tracecontext'], everywhere, nowhere, warnings).inject(
    context,
    headers,
    defaultTextMapSetter,
  )

  expect(headers).toEqual({ traceparent })
  expect(warnings).toEqual([
    `the propagator ${name} needs @opentelemetry/propagator-b3: install it`,
  ])
})
