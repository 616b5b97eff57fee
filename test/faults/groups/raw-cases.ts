import { randomUUID } from 'node:crypto'
import { createUuidV7 } from '../../../examples/rewards-api/src/uuid-v7.ts'
import { any, type Attribute, type RawRecord } from '../support/raw-otlp.ts'

/** Records that only another OTLP sender can make; each list is one request. */
export type RawCase = (newMark: () => string) => readonly (readonly RawRecord[])[]

const INVALID_UTF8 = Buffer.from('61c3286200ff80', 'hex')

/** By the name of the data fault that they belong to. */
export const rawCases: Readonly<Record<string, RawCase>> = {
  nul: (mark) => [[{ mark: mark(), attributes: [['a\0', any.text('\0')]], eventName: 'nul\0' }]],
  'invalid-utf8': (mark) => [
    [{ mark: mark(), attributes: [['text', any.text(INVALID_UTF8)]] }],
    [{ mark: mark(), attributes: [[INVALID_UTF8, any.text('value')]] }],
    [{ mark: mark(), eventName: INVALID_UTF8 }],
    [{ mark: mark(), attributes: [['audit.request.id', any.text(INVALID_UTF8)]] }],
    [{ mark: mark(), body: any.text(INVALID_UTF8) }],
  ],
  'value-5mb': (mark) => [
    [{ mark: mark(), attributes: [['text', any.text('x'.repeat(5 * 2 ** 20))]] }],
    [{ mark: mark(), body: any.bytes(Buffer.alloc(5 * 2 ** 20, 0xff)) }],
  ],
  'keys-10000': (mark) => [[{ mark: mark(), attributes: manyAttributes(10_000) }]],
  'attributes-200': (mark) => [
    [{ mark: mark(), attributes: manyAttributes(200) }],
    [{ mark: mark(), attributes: manyAttributes(200).map(([, value]) => ['same', value]) }],
  ],
  'depth-200': (mark) => [
    [{ mark: mark(), attributes: [['deep', nested(200)]] }],
    [{ mark: mark() }],
  ],
  numbers: (mark) => [
    [Number.NaN, Infinity, -Infinity, -0, 5e-324].map((value) => ({
      mark: mark(),
      attributes: [['number', any.double(value)]],
    })),
  ],
  integers: (mark) => [
    [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n].map((value) => ({
      mark: mark(),
      attributes: [['number', any.int(value)]],
    })),
  ],
  years: (mark) => [
    [0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 253_402_300_799n * 1_000_000_000n].map(
      (timeUnixNano) => ({ mark: mark(), timeUnixNano }),
    ),
  ],
  'same-id': (mark) => {
    const id = createUuidV7()
    const [first, second, third] = [mark(), mark(), mark()]
    const timeUnixNano = BigInt(Date.now()) * 1_000_000n
    return [
      [
        { id, mark: first, timeUnixNano },
        { id, mark: second, timeUnixNano },
      ],
      [{ id, mark: third, timeUnixNano }],
      // The same again, byte for byte.
      [{ id, mark: first, timeUnixNano }],
      [{ id, mark: third, timeUnixNano }],
    ]
  },
  ids: (mark) => [
    [
      { mark: mark(), id: 'no uuid' },
      { mark: mark(), id: '' },
      { mark: mark(), id: randomUUID().toUpperCase() },
      { mark: mark(), id: `{${randomUUID()}}` },
      { mark: mark(), id: createUuidV7(1) },
      { mark: mark(), id: createUuidV7(Date.UTC(2199, 0)) },
      { mark: mark(), id: createUuidV7(2 ** 48 - 1) },
    ],
  ],
  keys: (mark) => [
    [
      { mark: mark(), attributes: ['', '__proto__', 'constructor', 'a', 'a', ''].map(toAttribute) },
      { mark: mark(), attributes: [['a', any.map(['k', 'k', ''].map(toAttribute))]] },
      // What the columns are made from, twice.
      { mark: mark(), attributes: [['audit.actor.id', any.text('somebody else')]] },
      { mark: mark(), attributes: [['audit.action', any.int(7n)]] },
    ],
  ],
  poison: (mark) => [
    [
      ...Array.from({ length: 500 }, () => ({ mark: mark() })),
      { mark: mark(), id: 'no uuid' },
      ...Array.from({ length: 500 }, () => ({ mark: mark() })),
    ],
    [
      ...Array.from({ length: 1_000 }, () => ({ mark: mark() })),
      // Says that it has evidence, and has none.
      { mark: mark(), attributes: [['audit.evidence.format', any.text('telltale/1')]] },
    ],
  ],
}

function toAttribute(key: string, index: number): Attribute {
  return [key, any.int(BigInt(index))]
}

function manyAttributes(count: number): Attribute[] {
  return Array.from({ length: count }, (_, n): Attribute => [`attribute.${n}`, any.text(`v${n}`)])
}

function nested(depth: number): ReturnType<typeof any.list> {
  let value = any.text('bottom')
  for (let level = 0; level < depth; level += 1) {
    value = level % 2 ? any.list([value]) : any.map([['value', value]])
  }
  return value
}
