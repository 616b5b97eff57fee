import { randomUUID } from 'node:crypto'
import type { AuditFields } from 'telltale'
import { createUuidV7 } from '../../../examples/rewards-api/src/uuid-v7.ts'

type Fields = Partial<AuditFields<unknown>>

/**
 * Records that are hard to keep, as a JavaScript service can make them: each case is several calls of `audit.record()`.
 *
 * A call that is refused is no promise, and the case goes on.
 */
export const dataCases: Readonly<Record<string, () => readonly Fields[]>> = {
  nul: () => [
    { details: { text: 'a\0b', 'k\0ey': ['\0', { '\0': '\0' }] } },
    { actor: { id: 'act\0or', type: 'user' } },
    { tenantId: 'ten\0ant', requestId: '\0', userAgent: '\0' },
  ],
  surrogates: () => [
    { details: { text: 'a\ud800b', '\udc00key': ['\udfff\ud800'] } },
    { actor: { id: '\ud83d', type: 'user' } },
    // A whole pair, and characters whose order differs between UTF-8 and UTF-16.
    { details: { '\u{1f600}': '\u{10ffff}', '\uffee': '\uffff', '\ue000': '\ufeff' } },
  ],
  'value-5mb': () => [
    { details: { text: 'x'.repeat(5 * 2 ** 20) } },
    { details: { text: 'x'.repeat(3 * 2 ** 20) } },
    { details: { text: '"\\\n'.repeat(2 ** 18) } },
    { actor: { id: 'x'.repeat(100_000), type: 'user' } },
  ],
  'keys-10000': () => [
    { details: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key.${n}`, n])) },
    { details: { list: Array.from({ length: 10_000 }, (_, n) => ({ n })) } },
  ],
  'depth-200': () => [{ details: nested(200) }, { details: nested(20) }],
  numbers: () => [
    { details: { a: Number.NaN, b: Infinity, c: -Infinity, d: -0, e: 5e-324, f: 1.7e308 } },
    { details: { list: [-0, 5e-324, 1.7e308, 0.1 + 0.2, 1e21, 123_456_789.125] } },
  ],
  integers: () => [
    {
      details: {
        most: 2n ** 63n - 1n,
        least: -(2n ** 63n),
        safe: Number.MAX_SAFE_INTEGER,
        beyond: Number.MAX_SAFE_INTEGER + 1,
        text: '9223372036854775807',
      },
    },
    // Too large for OTLP.
    { details: { more: 2n ** 64n } },
  ],
  years: () =>
    [
      '1970-01-01T00:00:00Z',
      '1969-12-31T23:59:59.999Z',
      '1970-01-01T00:00:00.001Z',
      '2261-12-31',
      '2262-04-12',
      '9999-12-31T23:59:59.999Z',
    ]
      .map((time): Fields => ({ occurredAt: new Date(time) }))
      .concat({ occurredAt: new Date(8.64e15) }, { occurredAt: new Date(Number.NaN) }),
  'same-id': () => {
    const id = createUuidV7()
    return [{ id }, { id }, { id, outcome: 'failure' }, {}]
  },
  ids: () => [
    { id: 'no uuid' },
    { id: '' },
    { id: randomUUID() },
    { id: randomUUID().toUpperCase() },
    { id: createUuidV7(1) },
    { id: createUuidV7(Date.UTC(1999, 0)) },
    { id: createUuidV7(Date.UTC(2199, 0)) },
    { id: createUuidV7(2 ** 48 - 1) },
  ],
  keys: () => [
    { details: { '': 1, ' ': 2, '.': 3 } },
    { details: JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"toString":3}') as object },
    { details: { hasOwnProperty: 'x', valueOf: null, toJSON: 'y', length: 1 } },
    { details: Object.assign(Object.create(null) as object, { bare: true }) },
  ],
  // 1 000 good ones around one that no frame can hold.
  poison: () => [
    ...Array.from({ length: 500 }, (): Fields => ({})),
    { details: { text: 'x'.repeat(5 * 2 ** 20) } },
    { actor: { id: '\0', type: 'user' }, details: { '\ud800': '\0' } },
    ...Array.from({ length: 500 }, (): Fields => ({})),
  ],
}

function nested(depth: number): object {
  let value: object = { bottom: true }
  for (let level = 1; level < depth; level += 1) value = level % 2 ? { value } : { list: [value] }
  return value
}
