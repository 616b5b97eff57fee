import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPartOfStack } from '../../../deploy/stack/stack.ts'
import { runTelltale } from '../../support/telltale-cli.ts'
import { idAt, insertRecords, makeMonth, type TestRecord } from '../support/audit-rows.ts'
import { otherDatabase, query } from '../support/query.ts'

const PARTITION = 'records_2024_03'
const march = (day: number): Date => new Date(Date.UTC(2024, 2, day, 12))

const open = new AsyncDisposableStack()
let server: string
let database: string
let keeper: string
let count = 0

beforeAll(async () => {
  const stack = open.use(await startPartOfStack(['postgres']))
  server = stack.addresses.postgres ?? ''
  await query(server, `CREATE ROLE the_keeper LOGIN PASSWORD 'k' IN ROLE audit_keeper`)
  await query(server, 'CREATE DATABASE prepared')
  const prepared = otherDatabase(server, 'prepared')
  await runTelltale(['audit', 'migrate', '--postgres', prepared])
  await makeMonth(prepared, '2024-03')
})
afterAll(async () => open.disposeAsync())

beforeEach(async () => {
  count += 1
  await query(server, `CREATE DATABASE retention_${count} TEMPLATE prepared`)
  database = otherDatabase(server, `retention_${count}`)
  const login = new URL(database)
  login.username = 'the_keeper'
  login.password = 'k'
  keeper = login.href
})

interface Plan {
  readonly records: string
  readonly kept: string
  readonly digest: Buffer
}

async function plan(): Promise<Plan> {
  const [row] = await query<Plan>(keeper, 'SELECT * FROM audit.plan_retention($1)', [PARTITION])
  return row!
}

/** Stores the record that announces what goes; answers its id. */
async function announce(details: object = {}): Promise<string> {
  const { records, digest } = await plan()
  const recordId = idAt(new Date())
  const said = { partition: PARTITION, records: Number(records), digest: digest.toString('hex') }
  await insertRecords(database, [
    {
      recordId,
      eventName: 'telltale.audit.partition.retained',
      details: { ...said, from: '2024-03-01T00:00:00Z', to: '2024-04-01T00:00:00Z', ...details },
    },
  ])
  return recordId
}

const retain = (recordId: string): Promise<readonly object[]> =>
  query(keeper, 'SELECT * FROM audit.retain_partition($1, $2)', [PARTITION, recordId])

const inMarch = (
  streamId: string,
  sequence: number,
  more: Partial<TestRecord> = {},
): TestRecord => ({
  recordId: idAt(march(sequence)),
  recordedAt: march(sequence),
  streamId,
  sequence,
  ...more,
})

test('a partition goes, and what is needed to prove it by stays', async () => {
  const id = randomUUID()
  const parked = inMarch(id, 4, {
    eventName: 'telltale.audit.record.parked',
    details: { sequence: 9 },
  })
  await insertRecords(database, [
    inMarch(id, 1),
    inMarch(id, 2, { annex: { name: 'Ada' } }),
    inMarch(id, 3),
    parked,
    inMarch(id, 5),
  ])
  const { records, kept, digest } = await plan()
  const recordId = await announce()

  expect(await retain(recordId)).toMatchObject([
    { partition: PARTITION, records: '4', record_id: recordId, digest, retained_by: 'the_keeper' },
  ])

  expect({ records, kept }).toEqual({ records: '4', kept: '1' })
  expect(await query(database, `SELECT to_regclass('audit.${PARTITION}') AS gone`)).toEqual([
    { gone: null },
  ])
  // The parked record explains another one: it is kept, seal and all.
  expect(
    await query(
      database,
      `SELECT tableoid::regclass::text AS place, record_id, leaf_index FROM audit.records WHERE stream_id = $1`,
      [id],
    ),
  ).toEqual([{ place: 'audit.records_default', record_id: parked.recordId, leaf_index: 3 }])
  expect(await query(database, 'SELECT FROM audit.annexes')).toEqual([])
  expect(
    await query(database, 'SELECT first_leaf, last_leaf FROM audit.retained_leaves ORDER BY 1'),
  ).toEqual([
    { first_leaf: 0, last_leaf: 2 },
    { first_leaf: 4, last_leaf: 4 },
  ])
  const numbers = await query(
    database,
    'SELECT first_sequence, last_sequence FROM audit.retained_streams WHERE stream_id = $1 ORDER BY 1',
    [id],
  )
  expect(numbers).toEqual([
    { first_sequence: '1', last_sequence: '3' },
    { first_sequence: '5', last_sequence: '5' },
  ])
  expect(digest.toString('hex')).toBe(await digestAsSpecified())
  const { json } = await runTelltale(['audit', 'gaps', '--postgres', keeper, '--all', '--json'])
  expect(json()['numbers']).toEqual({ retained: 4 })
})

test('a second call answers with the same and changes nothing', async () => {
  await insertRecords(database, [inMarch(randomUUID(), 1)])
  const recordId = await announce()

  const first = await retain(recordId)

  expect(await retain(randomUUID())).toEqual(first)
})

test('nothing goes without an audit record that says exactly what', async () => {
  await insertRecords(database, [inMarch(randomUUID(), 1)])

  await expect(retain(randomUUID())).rejects.toThrow('no audit record')
  await expect(announce({ digest: '00' }).then(retain)).rejects.toThrow('no audit record')
  await expect(announce({ records: 2 }).then(retain)).rejects.toThrow('no audit record')
  await expect(announce({ partition: 'records_2024_04' }).then(retain)).rejects.toThrow(
    'no audit record',
  )
  const early = await announce()
  await insertRecords(database, [inMarch(randomUUID(), 1)])
  await expect(retain(early)).rejects.toThrow('no audit record')

  expect(await query(database, `SELECT count(*)::int AS there FROM audit.${PARTITION}`)).toEqual([
    { there: 2 },
  ])
})

test('a record that came late keeps its partition for another year', async () => {
  await insertRecords(database, [{ ...inMarch(randomUUID(), 1), recordedAt: new Date() }])

  await expect(announce().then(retain)).rejects.toThrow(`audit.${PARTITION} is not old enough`)
})

test('the floor is the owner’s: the keeper cannot lower it', async () => {
  await insertRecords(database, [inMarch(randomUUID(), 1)])
  await query(database, 'INSERT INTO audit.retention_floors (floor_days) VALUES (36500)')

  await expect(announce().then(retain)).rejects.toThrow('is not old enough')
  await expect(
    query(keeper, 'INSERT INTO audit.retention_floors (floor_days) VALUES (62)'),
  ).rejects.toThrow('permission denied')
  await expect(
    query(database, 'INSERT INTO audit.retention_floors (floor_days) VALUES (61)'),
  ).rejects.toThrow('retention_floors_two_months')
  await query(database, 'INSERT INTO audit.retention_floors (floor_days) VALUES (90)')
  expect(await announce().then(retain)).toHaveLength(1)
})

test('the oldest goes first', async () => {
  await makeMonth(database, '2024-02')

  await expect(announce().then(retain)).rejects.toThrow(
    'audit.records_2024_02 is older than audit.records_2024_03 and goes first',
  )
})

test('rows without a seal stay', async () => {
  await insertRecords(database, [inMarch(randomUUID(), 1)])
  await query(
    database,
    `SET telltale.audit_maintenance = 'on'; ALTER TABLE audit.seals DISABLE TRIGGER no_delete; DELETE FROM audit.seals`,
  )

  await expect(announce().then(retain)).rejects.toThrow('has rows without a seal')
})

test.each([
  'records_default',
  'records',
  'records_2024_13',
  'records_2031_01',
  'seals; DROP TABLE x',
])('%s is no partition that could go', async (name) => {
  await expect(
    query(keeper, 'SELECT audit.retain_partition($1, $2)', [name, randomUUID()]),
  ).rejects.toThrow('is no monthly partition of audit.records')
})

test('the keeper can do nothing else', async () => {
  for (const statement of [
    `DELETE FROM audit.records`,
    `DROP TABLE audit.${PARTITION}`,
    `DELETE FROM audit.annexes`,
    `DELETE FROM audit.retained`,
    `INSERT INTO audit.retained_leaves VALUES (gen_random_uuid(), 0, 0, 0, 'x')`,
    `SELECT audit.append_seal(gen_random_uuid(), 0, 0, '', '')`,
  ]) {
    await expect(query(keeper, statement)).rejects.toThrow(/permission denied|must be owner/)
  }
})

test('an annex goes only after an audit record has said so, for the owner as well', async () => {
  const record: TestRecord = { recordId: idAt(new Date()), annex: { name: 'Ada' } }
  await insertRecords(database, [record])
  const erase = (): Promise<readonly object[]> =>
    query(keeper, 'SELECT audit.erase_annex($1) AS erased', [record.recordId])

  await expect(erase()).rejects.toThrow(
    'stays: no audit record telltale.audit.record.erased names it',
  )
  await expect(query(database, 'DELETE FROM audit.annexes')).rejects.toThrow('stays')
  await insertRecords(database, [
    {
      recordId: idAt(new Date()),
      eventName: 'telltale.audit.record.erased',
      details: { recordId: record.recordId, reason: 'asked to' },
    },
  ])

  expect(await erase()).toEqual([{ erased: true }])
  expect(await erase()).toEqual([{ erased: false }])
})

/** The digest made by what docs/design/audit.md says, from what is left in the database. */
async function digestAsSpecified(): Promise<string> {
  const [row] = await query<{ records: string }>(database, 'SELECT records FROM audit.retained')
  const leaves = await query<Record<string, string>>(
    database,
    'SELECT * FROM audit.retained_leaves ORDER BY sealer_id, seal_number, first_leaf',
  )
  const streams = await query<Record<string, string | Buffer>>(
    database,
    'SELECT * FROM audit.retained_streams ORDER BY stream_id COLLATE "C", first_sequence',
  )
  const lines = [
    'telltale-retained/1',
    PARTITION,
    `${Date.UTC(2024, 2) / 1_000} ${Date.UTC(2024, 3) / 1_000}`,
    row!.records,
    ...leaves.map(
      (leaf) =>
        `leaf ${leaf['sealer_id']} ${leaf['seal_number']} ${leaf['first_leaf']} ${leaf['last_leaf']}`,
    ),
    ...streams.map(
      (run) =>
        `stream ${hex(run['stream_id'])} ${String(run['first_sequence'])} ${String(run['last_sequence'])} ${hex(run['first_prev_hash'])} ${hex(run['last_hash'])}`,
    ),
  ]
  return createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex')
}

function hex(value: string | Buffer | undefined): string {
  return Buffer.from(value ?? '').toString('hex')
}
