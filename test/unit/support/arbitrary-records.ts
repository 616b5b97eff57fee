import * as fc from 'fast-check'
import type { EmittedRecord } from '../../../src/audit/evidence.ts'

/** Texts of every kind of character; no lone surrogates, which no text in UTF-8 has. */
export const anyText = fc.string({ unit: 'binary', maxLength: 12 })

/** Keys, among them those that JavaScript itself uses. */
export const anyKey = fc.oneof(
  { weight: 6, arbitrary: anyText },
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '0', '10', '9', 'length'),
)

/** Whatever can be an attribute's value, nested up to a few levels. */
export const { value: anyValue, members: anyMembers } = fc.letrec<{
  value: unknown
  members: Record<string, unknown>
}>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'value' },
    anyText,
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'value' }),
    tie('members'),
  ),
  members: fc.dictionary(anyKey, tie('value'), { maxKeys: 5, depthIdentifier: 'value' }),
}))

const anyTime = fc.tuple(
  fc.integer({ min: 0, max: 2 ** 33 }),
  fc.integer({ min: 0, max: 999_999_999 }),
)
const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: length / 2, maxLength: length / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'))

/** A log record as the SDK has it. */
export const anyRecord: fc.Arbitrary<EmittedRecord> = fc.record({
  hrTime: fc.oneof(fc.constant<[number, number]>([0, 0]), anyTime),
  hrTimeObserved: anyTime,
  spanContext: fc.option(
    fc.record({
      traceId: hex(32),
      spanId: hex(16),
      traceFlags: fc.integer({ min: 0, max: 255 }),
    }),
    { nil: undefined },
  ),
  severityText: fc.option(anyText, { nil: undefined }),
  severityNumber: fc.option(fc.integer({ min: 0, max: 24 }), { nil: undefined }),
  body: fc.option(anyValue, { nil: undefined }),
  eventName: fc.option(anyText, { nil: undefined }),
  resource: fc.record({ attributes: anyMembers }),
  instrumentationScope: fc.record({
    name: anyText,
    version: fc.option(anyText, { nil: undefined }),
    attributes: fc.option(anyMembers, { nil: undefined }),
  }),
  attributes: anyMembers,
  droppedAttributesCount: fc.nat(),
})
