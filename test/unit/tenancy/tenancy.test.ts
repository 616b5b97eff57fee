import { context, diag, DiagLogLevel, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { isTenantId, tenant, tenantOf, withTenant } from '../../../src/tenancy/tenancy.ts'

const said: unknown[][] = []

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const say = (...words: unknown[]): void => void said.push(words)
  diag.setLogger(
    { error: say, warn: say, info: say, debug: say, verbose: say },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  )
  said.length = 0
})
afterEach(() => void (said.length = 0))
afterAll(() => {
  context.disable()
  diag.disable()
})

test('the tenant is there in all that the work starts, and gone after it', async () => {
  const seen = await tenant.run('tenant-1', async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return tenant.current()
  })

  expect(seen).toBe('tenant-1')
  expect(tenant.current()).toBeUndefined()
})

test('what the work answers and throws comes through', () => {
  const fault = new Error('of the work')

  expect(tenant.run('tenant-1', () => 42)).toBe(42)
  expect(() =>
    tenant.run('tenant-1', () => {
      throw fault
    }),
  ).toThrow(fault)
})

test('it is carried in the baggage, beside what is there', () => {
  const before = propagation.setBaggage(
    ROOT_CONTEXT,
    propagation.createBaggage({ region: { value: 'eu' } }),
  )

  const entries = propagation.getBaggage(withTenant(before, 'tenant-1'))?.getAllEntries()

  expect(entries).toEqual([
    ['region', { value: 'eu' }],
    ['tenant_id', { value: 'tenant-1' }],
  ])
})

test.each([
  ['two tenants', 'a|b'],
  ['a folder', '..'],
  ['nothing', ''],
  ['a header', 'tenant\r\nx: y'],
  ['a letter with dots', 'ü'],
  ['a long text', 'x'.repeat(129)],
  ['a big integer', 17n],
  ['an object', {}],
])(
  'under %s as its id the work runs for nobody, not for the tenant outside, and that is said',
  (_what, id) => {
    const seen = tenant.run('outside', () =>
      tenant.run(id as string, () => tenant.current() ?? 'nobody'),
    )

    expect(seen).toBe('nobody')
    expect(said).toHaveLength(1)
    expect(said[0]![0]).toMatch(/^a tenant id must be/)
  },
)

test('work that is nobody’s is not reported', () => {
  expect(tenant.run('outside', () => tenant.run(undefined, () => tenant.current()))).toBe(undefined)
  expect(said).toEqual([])
})

test('an entry of the baggage that can be no tenant is none', () => {
  const baggage = propagation.createBaggage({ tenant_id: { value: 'a|b' } })

  expect(tenantOf(propagation.setBaggage(ROOT_CONTEXT, baggage))).toBeUndefined()
})

test.each(['tenant-1', 'a', "Acme!_.*'()", '6f0d5c1e-33a5-4d5e-9a59-3b3f6f4d6f10', '...'])(
  '%s is a tenant’s id',
  (id) => {
    expect(isTenantId(id)).toBe(true)
  },
)
