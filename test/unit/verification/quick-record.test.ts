import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { toColumns } from '../../../src/verification/columns.ts'
import { readRecord } from '../../../src/verification/postgres/range-reader.ts'
import { EvidenceTape } from '../../../src/verification/quick/evidence-tape.ts'
import { hashKey } from '../../../src/verification/quick/value-tape.ts'
import { QuickRecord } from '../../../src/verification/quick/quick-record.ts'
import { recordChecks, toRecordCase, tryEvidence } from '../../../src/verification/record-checks.ts'
import {
  type RangeSink,
  type RecordRow,
  TEXT_COLUMNS,
  type TextColumn,
} from '../../../src/verification/rows.ts'
import { encodeRecord, toCopyRow } from '../../support/audit/encoded-record.ts'
import type { AnyValue, KeyValue, OtlpInput } from '../../support/audit/otlp-input.ts'
import {
  referenceAnnex,
  referenceEvidence,
  sha256,
} from '../../support/audit/reference-evidence.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/audit/evidence-vectors.json', import.meta.url), 'utf8'),
) as {
  readonly valid: readonly { readonly name: string; readonly evidence: string }[]
  readonly invalid: readonly { readonly name: string; readonly evidence: string }[]
}

const RECORDED_AT = 1_763_600_000_000_000n
const ID = '019aa5c0-0000-7000-8000-000000000001'

describe('a row that the quick way accepts', () => {
  test('is one of every kind that services record', () => {
    const values: readonly AnyValue[] = [
      { stringValue: 'plain' },
      { stringValue: '' },
      { stringValue: 'Zoë said "no"\n\u0001\u001f\\ 🎉' },
      { intValue: '-9007199254740993' },
      { doubleValue: 1e21 },
      { doubleValue: 1.5e-7 },
      { boolValue: false },
      {},
      { arrayValue: { values: [{ intValue: '0' }, { stringValue: 'x' }, {}] } },
      { kvlistValue: { values: [member('long name', { boolValue: true }), member('z', {})] } },
    ]
    for (const value of values) {
      const details = { kvlistValue: { values: [member('a', value), member('bb', value)] } }
      const row = rowOf(inputOf([member('audit.details', details), member('other', value)]))
      expect([value, isAccepted(row)]).toEqual([value, true])
    }
  })

  test('may have an annex, which must be its own', () => {
    const bytes = Buffer.from(referenceAnnex([member('email', { stringValue: 'a@example.org' })]))
    const annex = { salt: Buffer.alloc(32, 7), bytes, details: '{"email": "a@example.org"}' }
    const annexHash = sha256(Buffer.concat([annex.salt, bytes]))
    const row = rowOf(inputOf([member('audit.annex.hash', { stringValue: annexHash })]))

    expect(isAccepted({ ...row, annex })).toBe(true)
    expect(isAccepted({ ...row, annex: { ...annex, salt: Buffer.alloc(32, 8) } })).toBe(false)
    expect(isAccepted({ ...row, annex: { ...annex, details: '{"email": "b@example.org"}' } })).toBe(
      false,
    )
    // Erased: whether a record says so is for others to see.
    expect(isAccepted(row)).toBe(false)
    expect(isAccepted({ ...rowOf(inputOf([])), annex })).toBe(false)
  })

  test('is in order by each check, whatever it says and however its bytes were changed', () => {
    const seen = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(
        inputs(),
        fc.oneof(fc.constant([]), fc.array(changes(), { maxLength: 2 })),
        (input, changed) => {
          const bytes = encodeRecord(rowOf(input))
          for (const change of changed) apply(bytes, change)
          const quick = new QuickRecord()
          const isQuick = quick.accepts(toCopyRow(bytes))
          seen[isQuick ? 'accepted' : 'refused'] += 1
          if (!isQuick) return
          const row = decode(bytes)
          expect(complaints(row)).toEqual([])
          expect(quick.sequence).toBe(Number(row.sequenceNumber ?? 0n))
          expect(input.record.eventName?.startsWith('telltale.audit.')).toBe(false)
        },
      ),
      { numRuns: 4_000 },
    )
    expect(seen.accepted).toBeGreaterThan(400)
    expect(seen.refused).toBeGreaterThan(400)
  }, 120_000)

  test('says nothing about the trail itself: such a record is read in full', () => {
    expect(isAccepted(rowOf(inputOf([], 'telltale.audit.trail.stopped')))).toBe(false)
    expect(isAccepted(rowOf(inputOf([], 'telltale.auditing')))).toBe(true)
  })

  test('has no field that is NULL where none can be', () => {
    const bytes = encodeRecord(rowOf(inputOf([])))
    const whole = toCopyRow(bytes)
    for (let field = 0; field < 38; field += 1) {
      if (whole.isNull(field)) continue
      const without = Buffer.from(bytes)
      const start = whole.startOf(field)
      without.writeInt32BE(-1, start - 4)
      const cut = Buffer.concat([without.subarray(0, start), without.subarray(whole.endOf(field))])
      const isOpen = new QuickRecord().accepts(toCopyRow(cut))
      // Who let it in and who made the evidence is what the leaf says.
      expect([field, isOpen]).toEqual([field, field === 6 || field === 7])
    }
  })
})

describe('bytes that are no evidence', () => {
  test.each(vectors.invalid)('are not read: $name', ({ evidence }) => {
    const bytes = Buffer.from(evidence, 'base64')

    expect(new EvidenceTape().readEvidence(bytes, 0, bytes.length)).toBe(false)
  })

  test('are not read, however evidence was changed', () => {
    const whole = Buffer.from(referenceEvidence(inputOf([...EVERY_KIND])))
    expect(new EvidenceTape().readEvidence(whole, 0, whole.length)).toBe(true)
    for (let at = 0; at < whole.length; at += 1) {
      for (const byte of Buffer.from('"\\{}[],:0159-.eEu\0\x1f \xc3', 'latin1')) {
        expectNoMore(Buffer.from(whole).fill(byte, at, at + 1))
        expectNoMore(Buffer.concat([whole.subarray(0, at), Buffer.of(byte), whole.subarray(at)]))
      }
      expectNoMore(Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]))
    }
  }, 60_000)

  test('are not read when something stands behind them', () => {
    const whole = Buffer.from(referenceEvidence(inputOf([])))
    const tape = new EvidenceTape()
    for (const rest of ['}', ' ', '\0']) {
      const longer = Buffer.concat([whole, Buffer.from(rest)])
      expect(tape.readEvidence(longer, 0, longer.length)).toBe(false)
    }
    // What lies beside them in the same chunk is none of them.
    const framed = Buffer.concat([Buffer.from('{}'), whole, Buffer.from('}')])
    expect(tape.readEvidence(framed, 2, framed.length - 1)).toBe(true)
    expect(tape.readEvidence(framed, 2, framed.length - 2)).toBe(false)
  })
})

describe('columns that are not what the evidence says', () => {
  test('the second of two attributes that share a column', () => {
    const row = rowOf(
      inputOf([
        member('audit.request.id', { stringValue: 'first' }),
        member('request_id', { stringValue: 'second' }),
      ]),
    )
    expect(isAccepted(column('request_id', 'second', row))).toBe(false)
  })

  test('a flat detail among the attributes', () => {
    const row = rowOf(inputOf([member('audit.details.a', { stringValue: 'x' })]))
    const misplaced = column('attributes', '{"audit.details.a": "x"}', column('details', '{}', row))
    expect(isAccepted(misplaced)).toBe(false)
  })

  test('a text that is longer than an index takes', () => {
    const long = 'x'.repeat(1_025)
    const row = rowOf(inputOf([member('audit.target.id', { stringValue: long })]))
    expect(isAccepted(column('target_id', long, row))).toBe(false)
    const named = rowOf(inputOf([], long))
    expect(isAccepted(column('event_name', long, named))).toBe(false)
  })

  test('a time beyond 64 bits', () => {
    const input = inputOf([])
    const nanos = 9_999_999_999_000_000_000n
    const row = rowOf({ ...input, record: { ...input.record, timeUnixNano: String(nanos) } })
    expect(row.occurredUnixNano).toBe(null)
    expect(isAccepted({ ...row, occurredUnixNano: BigInt.asIntN(64, nanos) })).toBe(false)
  })

  test.each(['details', 'attributes', 'resource'] as const)(
    'more behind the JSON of %s',
    (name) => {
      const row = rowOf(inputOf([...EVERY_KIND]))
      const text = row.texts[TEXT_COLUMNS.indexOf(name)]!
      expect(isAccepted(row)).toBe(true)
      expect(isAccepted(column(name, `${text} `, row))).toBe(false)
      expect(isAccepted(column(name, text.slice(0, -1), row))).toBe(false)
    },
  )
})

test.each(vectors.valid)(
  'evidence is accepted only with its own columns: $name',
  ({ evidence }) => {
    const row = rowOfEvidence(Buffer.from(evidence))
    expect(isAccepted(row) ? complaints(row) : []).toEqual([])
    const texts = [...row.texts.slice(0, -1), '{"service.name": "another"}']
    expect(isAccepted({ ...row, texts })).toBe(false)
  },
)

test('two keys with one hash are two keys', () => {
  const [known, twin] = ['audit.target.id', 'audit.uBrget.id']
  expect(hashKey(Buffer.from(twin))).toBe(hashKey(Buffer.from(known)))
  const row = rowOf(inputOf([member(twin, { stringValue: 'x' })]))
  const target = TEXT_COLUMNS.indexOf('target_id')

  expect(row.texts[target]).toBe(null)
  expect(isAccepted(row)).toBe(true)
  expect(isAccepted({ ...row, texts: row.texts.with(target, 'x') })).toBe(false)
})

/** The row with another text in one column. */
function column(name: TextColumn, text: string | null, row: RecordRow): RecordRow {
  return { ...row, texts: row.texts.with(TEXT_COLUMNS.indexOf(name), text) }
}

/** Evidence with all that the tape can read. */
const EVERY_KIND: readonly KeyValue[] = [
  member('audit.details', {
    kvlistValue: {
      values: [
        member('amount', { doubleValue: 1.5 }),
        member('count', { intValue: '10' }),
        member('list', { arrayValue: { values: [{ intValue: '-1' }, {}] } }),
        member('text', { stringValue: 'é \n\u001f"' }),
        member('yes', { boolValue: true }),
      ],
    },
  }),
]

/** Whatever the tape reads, the plain way reads too. */
function expectNoMore(bytes: Buffer): void {
  const isRead = new EvidenceTape().readEvidence(bytes, 0, bytes.length)
  const isWrong = isRead && tryEvidence(bytes).fault !== undefined
  expect(isWrong ? bytes.toString() : 'well').toBe('well')
}

function isAccepted(row: RecordRow): boolean {
  return new QuickRecord().accepts(toCopyRow(encodeRecord(row)))
}

/** What the plain way finds wrong. */
function complaints(row: RecordRow): string[] {
  const record = toRecordCase(row)
  return Object.values(recordChecks)
    .map((check) => check(record))
    .concat(record.columns?.annexHash && !row.annex ? 'the annex is missing' : undefined)
    .filter((message) => message !== undefined)
}

function decode(bytes: Buffer): RecordRow {
  let row: RecordRow | undefined
  readRecord(toCopyRow(bytes), {
    record: (read: RecordRow) => (row = read),
  } as unknown as RangeSink)
  return row!
}

function rowOf(input: OtlpInput): RecordRow {
  return rowOfEvidence(Buffer.from(referenceEvidence(input)))
}

/** The row that the exporter would have made of it. */
function rowOfEvidence(evidence: Buffer): RecordRow {
  const columns = toColumns(tryEvidence(evidence).evidence!)
  return {
    place: { sealer: '019aa5c0-0000-7000-8000-00000000000a', seal: 3, leaf: 1 },
    recordId: /^[0-9a-f-]{36}$/.test(columns.recordId ?? '') ? columns.recordId! : ID,
    hash: sha256(evidence),
    evidence,
    evidenceBy: 'producer',
    ingestedBy: 'rewards',
    recordedAt: RECORDED_AT,
    occurredAt: columns.occurredAt ?? RECORDED_AT,
    occurredUnixNano: columns.occurredUnixNano,
    sequenceNumber: columns.sequenceNumber,
    prevHash: columns.prevHash,
    annexHash: columns.annexHash,
    texts: TEXT_COLUMNS.map((name) => columns.texts[name]),
    annex: null,
  }
}

function member(key: string, value: AnyValue): KeyValue {
  return { key, value }
}

function inputOf(attributes: readonly KeyValue[], eventName = 'claim.paid'): OtlpInput {
  const usual = {
    'audit.record.id': ID,
    'audit.actor.id': 'user-1',
    'audit.actor.type': 'user',
    'audit.action': 'PAY',
    'audit.outcome': 'success',
    'audit.sequence.prev_hash': sha256('before'),
    'audit.stream.id': ID,
    tenant_id: 'acme',
    'user_agent.original': 'Mozilla/5.0',
  }
  return {
    resource: { attributes: [member('service.name', { stringValue: 'rewards-api' })] },
    scope: { name: 'rewards' },
    record: {
      eventName,
      timeUnixNano: '1763600000123456789',
      severityNumber: 9,
      flags: 1,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      attributes: [
        ...Object.entries(usual).map(([key, text]) => member(key, { stringValue: text })),
        member('audit.sequence.number', { intValue: '12' }),
        ...attributes,
      ],
    },
  }
}

interface Change {
  readonly place: number
  readonly xor: number
  readonly isRehashed: boolean
}

function changes(): fc.Arbitrary<Change> {
  return fc.record({
    place: fc.nat(),
    xor: fc.integer({ min: 1, max: 255 }),
    isRehashed: fc.boolean(),
  })
}

/** Changes one byte of a field, and makes the hash fit again. */
function apply(bytes: Buffer, { place, xor, isRehashed }: Change): void {
  const row = toCopyRow(bytes)
  const fields = Array.from({ length: 38 }, (_, field) => field).filter(
    (field) => !row.isNull(field) && row.endOf(field) > row.startOf(field),
  )
  const field = fields[place % fields.length]!
  const [start, end] = [row.startOf(field), row.endOf(field)]
  bytes[start + (place % (end - start))]! ^= xor
  if (isRehashed) Buffer.from(sha256(row.bytes(5)), 'hex').copy(bytes, row.startOf(4))
}

function inputs(): fc.Arbitrary<OtlpInput> {
  return fc
    .record({ attributes: attributes(), resource: attributes(), usual: fc.nat(9) })
    .map(({ attributes: list, resource, usual }) => {
      const input = inputOf(usual > 0 ? list : [])
      return {
        ...input,
        resource: { attributes: [...input.resource.attributes, ...resource] },
        record: { ...input.record, ...(usual === 0 && { attributes: list }) },
      }
    })
}

const KEYS = [
  ...Array.from('cdefghijklmnopq'),
  'bb',
  'dd',
  'longer name',
  'audit.details',
  'audit.details.flat',
  'audit.target.id',
  'audit.target.type',
  'audit.request.id',
  'request_id',
  'event.name',
  'tenant_id',
  'audit.schema.version',
]

function attributes(): fc.Arbitrary<KeyValue[]> {
  const { list } = fc.letrec<{ list: KeyValue[]; value: AnyValue }>((tie) => ({
    list: fc.array(
      fc.record({
        key: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...KEYS) }, fc.string()),
        value: tie('value'),
      }),
      { maxLength: 5 },
    ),
    value: fc.oneof(
      { maxDepth: 3 },
      { weight: 6, arbitrary: fc.record({ stringValue: fc.string() }) },
      fc.record({ stringValue: fc.string({ unit: 'binary' }) }),
      fc.record({ intValue: fc.maxSafeInteger().map(String) }),
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
