import { anything, assert, constantFrom, letrec, oneof, property } from 'fast-check'
import { expect, test } from 'vitest'
import { toExceptionFields } from '../../../src/logging/exception-fields.ts'
import { SAFE_VALUE_LIMITS, toSafeValue } from '../../../src/logging/safe-value.ts'

/** Values that do something when they are looked at. */
const HOSTILE: readonly (() => unknown)[] = [
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  () => {
    const { proxy, revoke } = Proxy.revocable([], {})
    revoke()
    return proxy
  },
  () => new Proxy({}, { ownKeys: fail, get: fail, getPrototypeOf: fail, has: fail }),
  () => new Proxy([1], { get: (_target, key) => (key === 'length' ? 1e9 : 'x') }),
  () => ({
    get broken() {
      return fail()
    },
  }),
  () => ({ toJSON: fail }),
  () => ({ toJSON: endless }),
  () => Object.defineProperty(new Error('x'), 'message', { get: fail }),
  () => Object.assign(new Error('x'), { cause: HOSTILE[0]!(), errors: [HOSTILE[0]!()] }),
  () =>
    new (class extends Set<number> {
      override *[Symbol.iterator](): SetIterator<number> {
        for (;;) yield 1
      }
    })(),
  () =>
    new (class extends Date {
      override getTime = fail
    })(),
  () => {
    const cycle: unknown[] = []
    cycle.push(cycle, { cycle }, new Map([[cycle, cycle]]), new Set([cycle]))
    return cycle
  },
  () => Array.from({ length: 30_000 }, (_, index) => ({ index })),
  () => 'x'.repeat(1_000_000),
  () => Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key ${index}`, index])),
  () => Buffer.alloc(1_000_000),
  () => Symbol('s'),
  () => fail,
  () => 10n ** 100n,
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => new Date(Number.NaN),
  () => globalThis,
]

function fail(): never {
  throw new Error('not for you')
}

function endless(): object {
  return { toJSON: endless }
}

/** Makers of values: fast-check itself could not hold a revoked proxy. */
const { make } = letrec<{ make: () => unknown; nested: () => unknown }>((tie) => ({
  nested: oneof(
    tie('make').map((inner) => () => [inner(), { inner: inner() }]),
    tie('make').map((inner) => () => new Map([['inner', inner()]])),
    tie('make').map((inner) => () => new Error('outer', { cause: inner() })),
    tie('make').map((inner) => () => new AggregateError([inner(), inner()], 'many')),
  ),
  make: oneof(
    { maxDepth: 5 },
    anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    }).map((value) => () => value),
    constantFrom(...HOSTILE),
    tie('nested'),
  ),
}))

test('whatever is logged becomes something that can be serialized, of bounded size, without throwing', () => {
  assert(
    property(make, (given) => {
      const text = JSON.stringify(toSafeValue(given()), (_key, member: unknown) =>
        member instanceof Uint8Array ? String(member.length) : member,
      )
      // A sign takes up to six characters in JSON, and each value a few of its own.
      const most = 6 * SAFE_VALUE_LIMITS.length + 100 * SAFE_VALUE_LIMITS.values
      expect((text ?? '').length).toBeLessThan(most)
    }),
    { numRuns: 300, seed: 4_711 },
  )
})

test('whatever is thrown is described in bounded size, without throwing', () => {
  assert(
    property(make, (thrown) => {
      const fields = toExceptionFields(thrown())
      expect(JSON.stringify(fields).length).toBeLessThan(6 * 32_768)
      expect(typeof fields['exception.message']).toBe('string')
    }),
    { numRuns: 300, seed: 4_711 },
  )
})

test('dates, maps, sets, bytes and errors become what JSON has for them', () => {
  const given = {
    at: new Date(0),
    map: new Map<unknown, unknown>([
      ['a', 1],
      [2, new Set(['b'])],
    ]),
    big: 12n,
    pattern: /x/g,
    url: new URL('http://h/p'),
    call: () => 1,
    none: Number.NaN,
    error: Object.assign(new RangeError('far'), { code: 'E_FAR' }),
  }

  expect(toSafeValue(given)).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    map: { a: 1, '2': ['b'] },
    big: '12',
    pattern: '/x/g',
    url: 'http://h/p',
    call: '[function]',
    none: 'NaN',
    error: { type: 'RangeError', message: 'far', code: 'E_FAR' },
  })
})

test('what is too large is cut, and the place says so', () => {
  const long = toSafeValue('x'.repeat(100_000)) as string
  const wide = toSafeValue(Array.from({ length: 1_200 }, () => 1)) as unknown[]

  expect(long).toMatch(/^x{65536}… \[cut\]$/)
  expect(wide).toHaveLength(1_001)
  expect(wide.at(-1)).toBe('[200 more]')
})
