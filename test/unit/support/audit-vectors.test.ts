import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evidenceVectors } from '../../support/audit/evidence-vectors.ts'
import { referenceEvidence, sha256 } from '../../support/audit/reference-evidence.ts'
import { readReference } from '../../support/audit/reference-reader.ts'
import { referenceLeaf, referenceRoot } from '../../support/audit/reference-seal.ts'
import { vectorFiles } from '../../support/audit/write-vectors.ts'

const { valid, refused, invalid } = evidenceVectors()

test.each(Object.entries(vectorFiles()))('%s is what the script writes', (path, text) => {
  expect(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).toBe(text)
})

/** By the rules: what is empty or zero is as if it were not there. */
const EQUAL_BY_THE_RULES: readonly (readonly string[])[] = [
  ['double: -0', 'double: 0'],
  [
    'record: the observed time stands in when there is no other',
    'record: the observed time stands in when the time is 0',
  ],
  [
    'record: both times are 0',
    'record: severity 0 and no text',
    'record: flags 0',
    'record: no dropped attributes',
    'record: ids of zeros',
    'body: empty',
    'scope: empty',
  ],
]

describe('the vectors of evidence', () => {
  test('have a name each', () => {
    const names = [...valid, ...refused, ...invalid].map(({ name }) => name)

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test.each(valid)('read back: $name', ({ evidence }) => {
    expect(referenceEvidence(readReference(Buffer.from(evidence)))).toBe(evidence)
  })

  test('differ where their records do', () => {
    const same = Map.groupBy(valid, ({ sha256 }) => sha256)
    const groups = [...same.values()].filter((group) => group.length > 1)

    expect(groups.map((group) => group.map(({ name }) => name))).toEqual(EQUAL_BY_THE_RULES)
  })

  test.each(refused)('refused: $name', ({ input }) => {
    expect(() => referenceEvidence(input)).toThrow('nested deeper than 128')
  })

  test.each(invalid)('no evidence: $name', ({ evidence }) => {
    expect(() => readReference(Buffer.from(evidence, 'base64'))).toThrow(Error)
  })
})

describe('what others have worked out as well', () => {
  // RFC 8785, 3.2.3 and appendix B.
  test('members are sorted as the example of RFC 8785 sorts them', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1F600}', '\u0080', 'ö']
    const input = {
      resource: { attributes: [] },
      scope: {},
      record: { attributes: keys.map((key) => ({ key, value: {} })) },
    }
    const { attributes } = JSON.parse(referenceEvidence(input)) as {
      attributes: { key: string }[]
    }

    expect(attributes.map(({ key }) => key)).toEqual([
      '\r',
      '1',
      '\u0080',
      'ö',
      '\u20ac',
      '\u{1F600}',
      '\ufb33',
    ])
  })

  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('the double %s of RFC 8785 is %s', (bits, text) => {
    const doubleValue = Buffer.from(bits, 'hex').readDoubleBE()
    const input = {
      resource: { attributes: [] },
      scope: {},
      record: { attributes: [{ key: 'k', value: { doubleValue } }] },
    }

    expect(referenceEvidence(input)).toContain(`{"doubleValue":${text}}`)
  })

  // The test vectors of Certificate Transparency: github.com/google/certificate-transparency, merkle_tree_test.
  test('roots are those of RFC 6962', () => {
    const entries = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ]
    const leaves = entries.map((entry) => referenceLeaf(Buffer.from(entry, 'hex')))
    const rootOf = (size: number): string => referenceRoot(leaves.slice(0, size)).toString('hex')

    expect(rootOf(0)).toBe(sha256(''))
    expect(rootOf(1)).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
    expect(rootOf(8)).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
  })
})
