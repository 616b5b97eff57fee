import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { setBaggageEntry } from '../../../src/propagation/baggage.ts'
import type { BaggageRules } from '../../../src/propagation/baggage-border.ts'
import {
  createPropagator,
  noteOrigin,
  noteRequestOptions,
  withRequestScope,
} from '../../../src/propagation/propagation.ts'

const rules: BaggageRules = {
  baggageKeys: ['tenant_id'],
  baggageHosts: ['billing', '*.internal.example', 'ledger:8443'],
  acceptBaggage: true,
}
const carrying = propagation.setBaggage(
  ROOT_CONTEXT,
  propagation.createBaggage({ tenant_id: { value: 'tenant-1' }, email: { value: 'a@b.example' } }),
)

const make = (given: Partial<BaggageRules> = {}) =>
  createPropagator(['tracecontext', 'baggage'], { ...rules, ...given }, '/nowhere', [])

function sentTo(options: object, context: Context = carrying, given: Partial<BaggageRules> = {}) {
  const headers: Record<string, string> = {}
  noteRequestOptions({ ...options, headers })
  make(given).inject(context, headers, defaultTextMapSetter)
  return headers['baggage']
}

test.each([
  [{ hostname: 'billing' }],
  [{ host: 'BILLING', port: 8080 }],
  [{ hostname: 'a.internal.example' }],
  [{ hostname: 'a.b.internal.example.' }],
  [{ hostname: 'ledger', port: '8443' }],
  [{ hostname: 'ledger', defaultPort: 8443 }],
  [{ hostname: 'ledger', agent: { defaultPort: 8443 } }],
  [{ hostname: 'billing', path: '/a?to=http://partner.example/' }],
  [{ hostname: 'billing', path: 'http://ledger:8443/a' }],
])('listed entries go to %j, the others stay', (options) => {
  expect(sentTo(options)).toBe('tenant_id=tenant-1')
})

test.each([
  [{ hostname: 'api.partner.example' }],
  [{ hostname: 'internal.example' }],
  [{ hostname: 'evilinternal.example' }],
  [{ hostname: 'billing.evil.example' }],
  [{ hostname: 'notbilling' }],
  [{ hostname: 'ledger', port: 443 }],
  [{ hostname: 'ledger' }],
  [{}],
  [{ hostname: 'billing', socketPath: '/run/x.sock' }],
  [{ hostname: 'billing', path: 'http://api.partner.example/a' }],
  [{ hostname: 'proxy.partner.example', path: 'http://billing/a' }],
])('nothing goes to %j', (options) => {
  expect(sentTo(options)).toBeUndefined()
})

test('by default nothing goes anywhere', () => {
  expect(sentTo({ hostname: 'localhost' }, carrying, { baggageHosts: [] })).toBeUndefined()
})

test('what was noted of one request does not count for the next', () => {
  noteRequestOptions({ hostname: 'billing', headers: {} })
  const headers = {}

  make().inject(carrying, headers, defaultTextMapSetter)

  expect(headers).toEqual({})
})

function sentWithSpan(origin: string, path?: string): object {
  const span = trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })
  noteOrigin(span, origin, path)
  const headers = {}
  make().inject(trace.setSpan(carrying, span), headers, defaultTextMapSetter)
  return headers
}

test('a request that is known by its span goes by the same list', () => {
  expect(sentWithSpan('https://ledger:8443')).toEqual({ baggage: 'tenant_id=tenant-1' })
  expect(sentWithSpan('http://billing')).toEqual({ baggage: 'tenant_id=tenant-1' })
  expect(sentWithSpan('https://ledger')).toEqual({})
  expect(sentWithSpan('https://partner.example')).toEqual({})
  expect(sentWithSpan('not a url')).toEqual({})
  expect(sentWithSpan('http://billing', 'http://partner.example/')).toEqual({})
})

test('an IPv6 address is listed in brackets', () => {
  const given = { baggageHosts: ['[::1]:8080', '[FD00:0:0::2]'] }

  expect(sentTo({ hostname: '::1', port: 8080 }, carrying, given)).toBe('tenant_id=tenant-1')
  expect(sentTo({ hostname: '[fd00::2]' }, carrying, given)).toBe('tenant_id=tenant-1')
  expect(sentTo({ hostname: 'fd00:0::2' }, carrying, given)).toBe('tenant_id=tenant-1')
  expect(sentTo({ hostname: 'fd00::2%eth0' }, carrying, given)).toBeUndefined()
  expect(sentTo({ hostname: '::1' }, carrying, given)).toBeUndefined()
})

test('what belongs to the whole request goes too, and what work set for itself wins', () => {
  const request = withRequestScope(ROOT_CONTEXT)
  setBaggageEntry(request, 'tenant_id', 'of-the-request')
  const own = propagation.setBaggage(
    request,
    propagation.createBaggage({ tenant_id: { value: 'of-the-work' } }),
  )
  const nobody = propagation.setBaggage(
    request,
    propagation.createBaggage({ tenant_id: { value: '' } }),
  )

  expect(sentTo({ hostname: 'billing' }, request)).toBe('tenant_id=of-the-request')
  expect(sentTo({ hostname: 'billing' }, own)).toBe('tenant_id=of-the-work')
  expect(sentTo({ hostname: 'billing' }, nobody)).toBeUndefined()
})

const receive = (baggage: string, given: Partial<BaggageRules> = {}) =>
  propagation
    .getBaggage(make(given).extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter))
    ?.getAllEntries()

test('of what comes in, the listed entries are taken, without what hangs on them', () => {
  expect(receive('tenant_id=tenant-1;secret=x,email=a@b.example,role=admin')).toEqual([
    ['tenant_id', { value: 'tenant-1' }],
  ])
  expect(receive(`tenant_id=${'x'.repeat(257)}`)).toBeUndefined()
  expect(receive('role=admin')).toBeUndefined()
})

test('nothing of what comes in is taken unless it is to be believed', () => {
  expect(receive('tenant_id=tenant-1', { acceptBaggage: false })).toBeUndefined()
})
