import { diag } from '@opentelemetry/api'
import { SeverityNumber } from '@opentelemetry/api-logs'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  evidenceOfLogRecord,
  toEvidenceText,
  type EmittedRecord,
} from '../../../src/audit/evidence.ts'
import { AuditError } from '../../../src/core/errors.ts'
import { createRedaction, type Redaction } from '../../../src/core/redaction.ts'
import type { EvidenceVectors } from '../../support/audit/evidence-vectors.ts'
import { toEmittedRecord, toNanos, toOtlpInput } from '../../support/audit/otlp-from-plain.ts'
import { toPlainMembers, toPlainValue } from '../../support/audit/plain-values.ts'
import { referenceEvidence, sha256 } from '../../support/audit/reference-evidence.ts'
import { readReference } from '../../support/audit/reference-reader.ts'
import { anyRecord } from '../support/arbitrary-records.ts'

/** For comparisons with encoders that hide nothing. */
const plain: Redaction = { isSecret: () => false, text: (text) => text, isPlain: () => false }
const place = {
  streamId: '019a9d3c-0000-7000-8000-000000000001',
  sequence: 7,
  previousHash: 'ab'.repeat(32),
}
const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/audit/evidence-vectors.json', import.meta.url), 'utf8'),
) as EvidenceVectors

function textOf(record: EmittedRecord, redaction = plain): string {
  const { attributes, hrTime, hrTimeObserved } = record
  return toEvidenceText(record, attributes, toNanos(hrTime), toNanos(hrTimeObserved), redaction)
}

/** What a record says: what is empty is as if it were not there, and the observed time counts only without the other. */
function says(record: EmittedRecord): unknown {
  return readReference(Buffer.from(referenceEvidence(toOtlpInput(record))))
}

describe('the shared vectors', () => {
  const emitted = vectors.valid.flatMap((vector) => {
    const record = toEmittedRecord(vector.input)
    return record ? [{ ...vector, record }] : []
  })

  test('are for the most part records that JavaScript can make', () => {
    expect(emitted.length).toBeGreaterThan(150)
  })

  test.each(emitted)('$name', ({ record, evidence, sha256: hash }) => {
    const text = textOf(record)

    expect(text).toBe(evidence)
    expect(sha256(Buffer.from(text))).toBe(hash)
  })

  test.each(vectors.refused)('refused: $name', ({ input }) => {
    expect(() => textOf(toEmittedRecord(input)!)).toThrow('nested deeper than 128 levels')
  })
})

describe('any record', () => {
  test('has the evidence that the reference encoder gives it', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(textOf(record)).toBe(referenceEvidence(toOtlpInput(record)))
      }),
    )
  }, 60_000)

  test('can be read back from its evidence', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const read = readReference(Buffer.from(textOf(record)))

        // Lone surrogates, the only thing that changes, are not made here.
        const expected = readReference(Buffer.from(referenceEvidence(toOtlpInput(record))))
        expect(toPlainMembers(read.record.attributes)).toEqual(
          toPlainMembers(toOtlpInput(record).record.attributes),
        )
        expect(read.record.body && toPlainValue(read.record.body)).toEqual(
          expected.record.body && toPlainValue(expected.record.body),
        )
        expect(read.record.eventName ?? '').toBe(record.eventName ?? '')
      }),
    )
  }, 60_000)

  test('has other evidence than a record that differs from it', () => {
    fc.assert(
      fc.property(anyRecord, anyRecord, (left, right) => {
        fc.pre(JSON.stringify(says(left)) !== JSON.stringify(says(right)))

        expect(textOf(left)).not.toBe(textOf(right))
      }),
    )
  }, 60_000)
})

/** What becomes of a record that is emitted through the SDK. */
function emit(given: Parameters<ReturnType<LoggerProvider['getLogger']>['emit']>[0]) {
  const records: ReadableLogRecord[] = []
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'rewards-api' }),
    processors: [
      {
        onEmit: (record) => void records.push(record),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  provider.getLogger('rewards', '2.1.0').emit(given)
  const made = evidenceOfLogRecord(records[0]!, place, createRedaction())
  const read = readReference(made.evidence)
  return { made, read, attributes: toPlainMembers(read.record.attributes) }
}

describe('a record from the plain OpenTelemetry way', () => {
  const audit = {
    'audit.record.id': id,
    'audit.actor.id': 'user-1',
    'audit.actor.type': 'user',
    'audit.action': 'CLAIM',
    'audit.outcome': 'success',
  }

  test('keeps everything it said, and gets its place', () => {
    const { made, read, attributes } = emit({
      eventName: 'reward_claimed',
      timestamp: [1_700_000_000, 123_456_789],
      observedTimestamp: [1_700_000_001, 0],
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      body: { text: 'claimed', bytes: new Uint8Array([1, 2]) },
      attributes: { ...audit, amount: 10, 'audit.details': { list: [1, 'a', null] } },
    })

    expect(made).toMatchObject({
      recordId: id,
      eventName: 'reward_claimed',
      timeUnixNano: 1_700_000_000_123_456_789n,
    })
    expect(made.annex).toBeUndefined()
    expect(read.scope).toEqual({ name: 'rewards', version: '2.1.0' })
    expect(toPlainMembers(read.resource.attributes)).toEqual({ 'service.name': 'rewards-api' })
    expect(read.record).toMatchObject({
      eventName: 'reward_claimed',
      timeUnixNano: '1700000000123456789',
      severityNumber: 9,
      severityText: 'INFO',
    })
    expect(toPlainValue(read.record.body!)).toEqual({ text: 'claimed', bytes: Buffer.from([1, 2]) })
    expect(attributes).toEqual({
      ...audit,
      amount: 10n,
      'audit.details': { list: [1n, 'a', null] },
      'audit.stream.id': place.streamId,
      'audit.sequence.number': 7n,
      'audit.sequence.prev_hash': place.previousHash,
    })
  })

  test('cannot choose its place, nor claim an annex', () => {
    const { attributes } = emit({
      attributes: {
        ...audit,
        'audit.stream.id': 'mine',
        'audit.sequence.number': 1,
        'audit.sequence.prev_hash': 'mine',
        'audit.annex.hash': 'mine',
      },
    })

    expect(attributes).toMatchObject({
      'audit.stream.id': place.streamId,
      'audit.sequence.number': 7n,
      'audit.sequence.prev_hash': place.previousHash,
    })
    expect(attributes).not.toHaveProperty('audit.annex.hash')
  })

  test('gets an id when it has none', () => {
    const { made, attributes } = emit({ attributes: { ...audit, 'audit.record.id': undefined } })

    expect(made.recordId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(attributes['audit.record.id']).toBe(made.recordId)
  })

  test('has its id in small letters', () => {
    const { made, attributes } = emit({
      attributes: { ...audit, 'audit.record.id': id.toUpperCase() },
    })

    expect(made.recordId).toBe(id)
    expect(attributes['audit.record.id']).toBe(id)
  })

  test.each(['claim-1', 5, ['x']])('is refused with the id %j', (wrong) => {
    expect(() =>
      emit({ eventName: 'e', attributes: { ...audit, 'audit.record.id': wrong } }),
    ).toThrow(
      new AuditError(
        'TELLTALE_AUDIT_EVENT_INVALID',
        'the audit event "e" was not recorded: "audit.record.id" is no UUID',
      ),
    )
  })

  test('is refused when it is within itself', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic

    expect(() => emit({ eventName: 'e', body: cyclic, attributes: audit })).toThrow(
      'the audit event "e" was not recorded: a value is nested deeper than 128 levels',
    )
  })

  test('has no secrets in its evidence', () => {
    const { made, attributes } = emit({
      body: 'Authorization: Bearer s3cret.t0ken',
      eventName: 'login with password=hunter2',
      severityText: 'of Bearer s3cret.t0ken',
      attributes: { ...audit, password: 'hunter2', nested: { list: [{ api_key: 'k-123' }] } },
    })

    expect(attributes).toMatchObject({
      password: '[redacted]',
      nested: { list: [{ api_key: '[redacted]' }] },
    })
    expect(String(made.evidence)).toContain('"stringValue":"Authorization: Bearer [redacted]"')
    expect(String(made.evidence)).not.toMatch(/hunter2|k-123|s3cret/)
    expect(made.eventName).toBe('login with password=[redacted]')
  })

  test('keeps keys that JavaScript knows, and pollutes nothing', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": "x", "": 1}')
    const { read } = emit({ body: hostile, attributes: audit })

    expect(read.record.body).toEqual({
      kvlistValue: {
        values: [
          { key: '', value: { intValue: '1' } },
          {
            key: '__proto__',
            value: { kvlistValue: { values: [{ key: 'polluted', value: { boolValue: true } }] } },
          },
          { key: 'constructor', value: { stringValue: 'x' } },
        ],
      },
    })
    expect({}).not.toHaveProperty('polluted')
  })

  test.each([
    [undefined, null],
    [() => 1, null],
    [Symbol('x'), null],
    [new Date('2026-02-03T04:05:06.789Z'), '2026-02-03T04:05:06.789Z'],
    [new Date(Number.NaN), null],
    [2n ** 63n, '9223372036854775808'],
    [-(2n ** 63n), -(2n ** 63n)],
    [Number.NaN, Number.NaN],
    [-0, 0n],
    [1e21, 1e21],
  ])('has %s as %s', (value, expected) => {
    const { read } = emit({ body: [value], attributes: audit })

    expect(toPlainValue(read.record.body!)).toEqual([expected])
  })

  test('has lone surrogates replaced, also in keys, which sort as what they have become', () => {
    const { read } = emit({ attributes: { '\uD800': 1, '\uE000': 2, 'a\uDC00': '\uD800' } })
    const own = read.record.attributes.filter(({ key }) => !key!.startsWith('audit.'))

    expect(own.map(({ key }) => key)).toEqual(['a\uFFFD', '\uE000', '\uFFFD'])
    expect(own[0]!.value).toEqual({ stringValue: '\uFFFD' })
  })
})

describe('a resource that is still being found out', () => {
  test('is in evidence with what is known, and whole afterwards', async () => {
    const resource = resourceFromAttributes({
      'service.name': 'rewards-api',
      'host.id': Promise.resolve('host-1'),
    })
    const record = { ...toEmittedRecord(vectors.valid[0]!.input)!, resource }
    const attributesOf = (): unknown =>
      toPlainMembers(readReference(Buffer.from(textOf(record))).resource.attributes)

    const complaints: string[] = []
    diag.setLogger({ ...console, verbose: () => undefined, error: (said) => complaints.push(said) })
    expect(attributesOf()).toEqual({ 'service.name': 'rewards-api' })
    expect(complaints).toEqual([])
    diag.disable()
    await resource.waitForAsyncAttributes?.()
    expect(attributesOf()).toEqual({ 'service.name': 'rewards-api', 'host.id': 'host-1' })
  })
})
