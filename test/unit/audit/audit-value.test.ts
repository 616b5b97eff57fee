import { describe, expect, test } from 'vitest'
import { toAuditValue } from '../../../src/audit/audit-value.ts'

describe('what can be carried', () => {
  const bytes = new Uint8Array([1, 2])

  test.each<[string, unknown, unknown]>([
    ['a text', 'x', 'x'],
    ['an empty text', '', ''],
    ['a number', 1.5, 1.5],
    ['a flag', false, false],
    ['nothing', null, null],
    ['a big integer, as its digits', 2n ** 64n, '18446744073709551616'],
    ['a date, as ISO 8601', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['bytes, as they are', bytes, bytes],
    ['a list', [1, [2n, 'x']], [1, ['2', 'x']]],
    ['an object', { a: { b: [1] } }, { a: { b: [1] } }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['an object, without its undefined members', { a: 1, b: undefined }, { a: 1 }],
    ['an empty object', {}, {}],
    ['an object that is there twice', [bytes, bytes], [bytes, bytes]],
  ])('is %s', (_title, value, expected) => {
    const carried = toAuditValue(value)

    expect(carried).toEqual(expected)
  })

  test('is a member called __proto__, which changes no prototype', () => {
    const carried = toAuditValue(JSON.parse('{"__proto__":{"admin":true}}')) as object

    expect(Object.keys(carried)).toEqual(['__proto__'])
    expect((carried as { admin?: boolean }).admin).toBeUndefined()
  })

  test('is nested 32 levels deep', () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 32; level += 1) deep = { deep }

    expect(() => toAuditValue(deep)).not.toThrow()
    expect(() => toAuditValue({ deep })).toThrow(/must not be nested deeper than 32 levels/)
  })
})

describe('what cannot be carried is named with its place', () => {
  class Money {
    amount = 5
  }
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic

  test.each<[unknown, string]>([
    [{ a: Number.NaN }, '"details.a" must be a finite number; got NaN'],
    [{ a: [1, Infinity] }, '"details.a[1]" must be a finite number; got Infinity'],
    [{ a: { b: () => 1 } }, '"details.a.b" must be plain data; got function'],
    [{ a: Symbol('x') }, '"details.a" must be plain data; got symbol'],
    [{ a: [undefined] }, '"details.a[0]" must be plain data; got undefined'],
    [{ a: new Money() }, '"details.a" must be plain data; got an object of class Money'],
    [{ a: new Map() }, '"details.a" must be plain data; got an object of class Map'],
    [{ a: new Date(Number.NaN) }, '"details.a" must be a valid Date'],
    [undefined, '"details" must be plain data; got undefined'],
  ])('%j', (value, expected) => {
    expect(() => toAuditValue(value)).toThrow(new TypeError(expected))
  })

  test('an object within itself', () => {
    expect(() => toAuditValue(cyclic)).toThrow(/^"details(\.self){32}" must not be nested/)
  })
})
