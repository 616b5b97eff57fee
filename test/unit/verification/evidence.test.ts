import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { EvidenceError, readAnnex, readEvidence } from '../../../src/verification/evidence.ts'
import { referenceAnnex, referenceEvidence } from '../../support/audit/reference-evidence.ts'
import type { KeyValue } from '../../support/audit/otlp-input.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/audit/evidence-vectors.json', import.meta.url), 'utf8'),
) as {
  readonly valid: readonly { readonly name: string; readonly evidence: string }[]
  readonly invalid: readonly { readonly name: string; readonly evidence: string }[]
}

describe('evidence', () => {
  test.each(vectors.valid)('is read: $name', ({ evidence }) => {
    expect(readEvidence(Buffer.from(evidence))).toEqual(JSON.parse(evidence))
  })

  test.each(vectors.invalid)('is refused: $name', ({ evidence }) => {
    expect(() => readEvidence(Buffer.from(evidence, 'base64'))).toThrow(EvidenceError)
  })

  test('of any record is read, and no longer once any one byte is changed to what it does not mean', () => {
    fc.assert(
      fc.property(attributes(), fc.nat(), fc.integer({ min: 1, max: 255 }), (list, place, xor) => {
        const input = { resource: { attributes: [] }, scope: {}, record: { attributes: list } }
        const bytes = Buffer.from(referenceEvidence(input))
        expect(readEvidence(bytes)).toEqual(JSON.parse(bytes.toString()))

        const changed = Buffer.from(bytes)
        changed[place % bytes.length]! ^= xor
        // Other bytes may be evidence of another record; they are never a second way to say the same.
        expect([changed.toString(), 'no evidence']).toContain(readBack(changed))
        expect(readBack(changed)).not.toBe(bytes.toString())
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  test('an annex is read by the same rules', () => {
    fc.assert(
      fc.property(attributes(), (list) => {
        const bytes = referenceAnnex(list)
        expect(readAnnex(Buffer.from(bytes))).toEqual(JSON.parse(bytes).values)
      }),
    )
    expect(() => readAnnex(Buffer.from('{}'))).toThrow('values must be there')
    expect(() => readAnnex(Buffer.from('{"values": []}'))).toThrow('JCS')
    expect(() => readAnnex(Buffer.from('{"values":[],"x":1}'))).toThrow('no member "x"')
  })
})

function readBack(bytes: Buffer): string {
  try {
    return JSON.stringify(readEvidence(bytes))
  } catch (error) {
    if (error instanceof EvidenceError) return 'no evidence'
    throw error
  }
}

function attributes(): fc.Arbitrary<KeyValue[]> {
  const { list } = fc.letrec<{ list: KeyValue[]; value: KeyValue['value'] }>((tie) => ({
    list: fc.array(fc.record({ key: text(), value: tie('value') }), { maxLength: 6 }),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.record({ stringValue: text() }),
      fc.record({ intValue: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String) }),
      fc.record({ doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
      fc.record({ boolValue: fc.boolean() }),
      fc.record({
        bytesValue: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
      }),
      fc.constant({}),
      fc.record({
        arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }),
      }),
      fc.record({ kvlistValue: fc.record({ values: tie('list') }) }),
    ),
  }))
  return list
}

function text(): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary' })
}
