import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type PartialAddresses, type Stack, startPartOfStack } from '../../../deploy/stack/stack.ts'
import { toJsonbText } from '../../../src/verification/jsonb-text.ts'
import { verify, type VerifyOptions, type Verdict } from '../../../src/verification/verification.ts'
import { createAuditDatabase, tamper, withClient } from '../../support/audit/audit-database.ts'
import { writeCheckpointFolder } from '../../support/audit/checkpoint-folder.ts'
import { writeSampleTrail } from '../../support/audit/sample-trail.ts'
import { TrailWriter } from '../../support/audit/trail-writer.ts'
import { writeToPostgres } from '../../support/audit/trail-to-postgres.ts'

const NEWEST_SCHEMA = 1_000

// Each test makes a database with all its partitions, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 300_000 })

let stack: Stack<PartialAddresses>

beforeAll(async () => {
  stack = await startPartOfStack(['postgres'])
}, 300_000)

afterAll(async () => {
  await stack?.stop()
})

async function verifyAt(url: string, options: Partial<VerifyOptions> = {}): Promise<Verdict> {
  return await verify({
    postgres: { connectionString: url },
    newestSchema: NEWEST_SCHEMA,
    threads: 2,
    ...options,
  })
}

describe('a trail in PostgreSQL', () => {
  test('that nobody has touched is green, and amber without checkpoints', async () => {
    const { writer } = writeSampleTrail()
    const url = await createAuditDatabase(stack.addresses)
    await writeToPostgres(url, writer.rows)
    await using folder = await writeCheckpointFolder(writer)

    const green = await verifyAt(url, {
      checkpoints: [folder.checkpoints],
      publicKeys: [folder.publicKey],
    })
    const amber = await verifyAt(url)

    expect(green).toMatchObject({ verdict: 'green', records: 13, seals: 7, problems: [] })
    expect(amber).toMatchObject({ verdict: 'amber', counts: { 'checkpoints-missing': 1 } })
  })

  test('with no record at all is verified as well', async () => {
    const url = await createAuditDatabase(stack.addresses)

    expect(await verifyAt(url)).toMatchObject({ verdict: 'amber', records: 0, first: null })
  })

  test.each([
    {
      attack: 'a column is updated',
      sql: (id: string) => `UPDATE audit.records SET actor_id = 'nobody' WHERE record_id = '${id}'`,
      rule: 'column',
    },
    {
      attack: 'evidence, hash and column are updated together',
      sql: (id: string) =>
        `UPDATE audit.records SET (evidence, hash, actor_id) =
           (SELECT e, sha256(e), 'user-2' FROM (SELECT convert_to(replace(convert_from(evidence, 'UTF8'), 'user-1', 'user-2'), 'UTF8') AS e) AS changed)
         WHERE record_id = '${id}'`,
      rule: 'leaf',
    },
    {
      attack: 'a jsonb column is updated',
      sql: (id: string) =>
        `UPDATE audit.records SET details = details || '{"amount": "9"}' WHERE record_id = '${id}'`,
      rule: 'column',
    },
  ])('is red with the right first record when $attack', async ({ sql, rule }) => {
    const { writer, sealers } = writeSampleTrail()
    const url = await createAuditDatabase(stack.addresses)
    await writeToPostgres(url, writer.rows)
    await using folder = await writeCheckpointFolder(writer)
    const victim = writer.rows.records[1]!
    await tamper(url, sql(victim.recordId))

    const verdict = await verifyAt(url, {
      checkpoints: [folder.checkpoints],
      publicKeys: [folder.publicKey],
    })

    expect(verdict).toMatchObject({
      verdict: 'red',
      first: { rule, recordId: victim.recordId, sealer: sealers[0], seal: 0, leaf: 1 },
    })
  })

  test('names the place, the stream and the number of a record that is deleted', async () => {
    const { writer, streams } = writeSampleTrail()
    const url = await createAuditDatabase(stack.addresses)
    await writeToPostgres(url, writer.rows)
    const victim = writer.rows.records.find(({ sequenceNumber }) => sequenceNumber === 2n)!
    await tamper(url, `DELETE FROM audit.records WHERE record_id = '${victim.recordId}'`)

    expect((await verifyAt(url)).first).toMatchObject({
      rule: 'leaf-missing',
      ...victim.place,
      stream: streams[0].id,
      sequence: 2,
    })
  })

  test('shows a row that names no seal, wherever the ranges end', async () => {
    const { writer } = writeSampleTrail()
    const url = await createAuditDatabase(stack.addresses)
    await writeToPostgres(url, writer.rows)
    const [victim] = writer.rows.records
    const forged = writer.uuid()
    await tamper(
      url,
      'ALTER TABLE audit.records ALTER sealer_id DROP NOT NULL',
      `CREATE TEMP TABLE forged AS SELECT * FROM audit.records WHERE record_id = '${victim!.recordId}'`,
      `UPDATE forged SET record_id = '${forged}', sealer_id = NULL`,
      'INSERT INTO audit.records SELECT * FROM forged',
    )
    await using folder = await writeCheckpointFolder(writer)

    const verdict = await verifyAt(url, {
      checkpoints: [folder.checkpoints],
      publicKeys: [folder.publicKey],
      rangeLeaves: 2,
    })

    expect(verdict).toMatchObject({
      verdict: 'red',
      records: 13,
      counts: { leaf: 1 },
      first: { rule: 'leaf', recordId: forged },
    })
  })

  test('is not verified by what the search path of the database puts before PostgreSQL', async () => {
    const { writer } = writeSampleTrail()
    const url = await createAuditDatabase(stack.addresses)
    await using folder = await writeCheckpointFolder(writer)
    writer.seal(writer.uuid(), [writer.record()])
    await writeToPostgres(url, writer.rows)
    const database = new URL(url).pathname.slice(1)
    await tamper(
      url,
      'CREATE SCHEMA shadow',
      `CREATE FUNCTION shadow.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT to_timestamp(${writer.rows.now / 1_000_000n})'`,
      `ALTER DATABASE ${database} SET search_path = shadow, pg_catalog`,
    )

    expect(
      await verifyAt(url, { checkpoints: [folder.checkpoints], publicKeys: [folder.publicKey] }),
    ).toMatchObject({ verdict: 'amber', counts: { 'tail-unattested': 1 } })
  })

  test('is read as of one moment on all threads, while records come in', async () => {
    const writer = new TrailWriter()
    const sealer = writer.uuid()
    const stream = writer.stream()
    for (let seal = 0; seal < 40; seal += 1) {
      writer.seal(
        sealer,
        Array.from({ length: 50 }, () => writer.record({ stream })),
      )
    }
    const url = await createAuditDatabase(stack.addresses)
    const { seals, records } = writer.rows
    const part = (from: number, to: number) => ({
      ...writer.rows,
      seals: seals.slice(from, to),
      records: records.slice(from * 50, to * 50),
    })
    await writeToPostgres(url, part(0, 20))

    const verifying = verifyAt(url)
    for (let seal = 20; seal < 40; seal += 1) await writeToPostgres(url, part(seal, seal + 1))
    const during = await verifying

    expect(during).toMatchObject({ verdict: 'amber', counts: { 'checkpoints-missing': 1 } })
    expect(during.records % 50).toBe(0)
    expect(await verifyAt(url)).toMatchObject({ records: 2_000, streams: 1, first: null })
  })
})

describe('what cannot be checked', () => {
  test('a schema newer than this verifier is refused by its number', async () => {
    const url = await createAuditDatabase(stack.addresses)

    await expect(verifyAt(url, { newestSchema: 2 })).rejects.toThrow(
      /the audit schema must be of version 2 at most; got \d+/,
    )
  })

  test('a database without an audit schema is named', async () => {
    const url = new URL(await createAuditDatabase(stack.addresses))
    url.pathname = '/postgres'

    await expect(verifyAt(url.href)).rejects.toThrow('the database has no audit schema')
  })

  test.each([
    {
      what: 'a view, which may show anything',
      sql: [
        'ALTER TABLE audit.conflicts RENAME TO kept',
        'CREATE VIEW audit.conflicts AS SELECT * FROM audit.kept',
      ],
      message: 'audit.conflicts must be a table; it is a view',
    },
    {
      what: 'a table of which roles see different rows',
      sql: ['ALTER TABLE audit.records ENABLE ROW LEVEL SECURITY'],
      message: 'audit.records must show everybody the same rows; it has row-level security',
    },
  ])('$what', async ({ sql, message }) => {
    const url = await createAuditDatabase(stack.addresses)
    await tamper(url, ...sql)

    await expect(verifyAt(url)).rejects.toThrow(message)
  })

  test('checkpoints without a key are refused', async () => {
    const url = await createAuditDatabase(stack.addresses)

    await expect(verifyAt(url, { checkpoints: ['/'] })).rejects.toThrow('--public-key')
  })
})

test('jsonb is printed as PostgreSQL prints it', async () => {
  const { addresses } = stack
  await withClient(addresses.postgres!, async (client) => {
    const values = fc.sample(
      fc.record({ key: fc.string({ unit: 'binary' }), value: jsonValue() }),
      3_000,
    )
    const objects = Array.from({ length: 500 }, (_, index) =>
      values.slice(index * 6, index * 6 + 6),
    )
    const { rows } = await client.query<{ text: string }>(
      'SELECT given::jsonb::text AS text FROM unnest($1::text[]) WITH ORDINALITY AS t (given, place) ORDER BY place',
      [objects.map((members) => toPlainJson(members))],
    )

    expect(rows.map(({ text }) => text)).toEqual(objects.map((members) => toJsonbText(members)))
  })
})

type Member = Parameters<typeof toJsonbText>[0][number]

function jsonValue(): fc.Arbitrary<Member['value']> {
  return fc.letrec<{ value: Member['value'] }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.record({ stringValue: fc.string({ unit: 'binary' }) }),
      fc.record({ intValue: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String) }),
      fc.record({
        doubleValue: fc.double().map((each) => (Number.isFinite(each) ? each + 0 : String(each))),
      }),
      fc.record({ boolValue: fc.boolean() }),
      fc.constant({}),
      fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }) }),
      fc.record({
        kvlistValue: fc.record({
          values: fc.array(fc.record({ key: fc.string({ unit: 'binary' }), value: tie('value') }), {
            maxLength: 5,
          }),
        }),
      }),
    ),
  })).value
}

/** What an exporter hands over: members in the order in which they came, numbers as ECMAScript prints them. */
function toPlainJson(members: readonly Member[]): string {
  return `{${members.map(({ key, value }) => `${toText(key!)}:${toPlainValue(value)}`).join(',')}}`
}

function toPlainValue(value: Member['value']): string {
  if (value.stringValue !== undefined) return toText(value.stringValue)
  if (value.intValue !== undefined) return value.intValue
  if (value.boolValue !== undefined) return String(value.boolValue)
  if (value.arrayValue) return `[${value.arrayValue.values.map(toPlainValue).join(',')}]`
  if (value.kvlistValue) return toPlainJson(value.kvlistValue.values)
  if (value.doubleValue === undefined) return 'null'
  return JSON.stringify(value.doubleValue)
}

/** PostgreSQL takes no NUL: the exporter writes it out. */
function toText(text: string): string {
  return JSON.stringify(text.replaceAll('\0', String.raw`\u0000`))
}
