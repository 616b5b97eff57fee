import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPartOfStack } from '../../../deploy/stack/stack.ts'
import { runTelltale } from '../../support/telltale-cli.ts'
import { idAt, insertRecords, type TestRecord } from '../support/audit-rows.ts'
import { otherDatabase, query } from '../support/query.ts'

const open = new AsyncDisposableStack()
let database: string
let auditor: string
const HOUR = 3_600_000
const old = new Date(Date.now() - HOUR)
const now = new Date()

beforeAll(async () => {
  const { addresses } = open.use(await startPartOfStack(['postgres']))
  database = addresses.postgres ?? ''
  auditor = addresses.postgresAuditor ?? ''
})
afterAll(async () => open.disposeAsync())

/** Records with these numbers; one that is given twice carries what is given with it. */
function stream(
  streamId: string,
  numbers: readonly number[],
  recordedAt = old,
): readonly (TestRecord & { readonly sequence: number })[] {
  return numbers.map((sequence) => ({ recordId: idAt(recordedAt), streamId, sequence, recordedAt }))
}

const stopped = (streamId: string, sequence: number): TestRecord => ({
  ...stream(streamId, [sequence])[0]!,
  eventName: 'telltale.audit.trail.stopped',
  details: { clean: true },
})

async function gapsOf(streamId: string): Promise<readonly object[]> {
  const { json, stderr } = await runTelltale(['audit', 'gaps', '--postgres', auditor, '--json'])
  expect(stderr).toBe('')
  const { gaps } = json() as { readonly gaps: readonly { readonly streamId: string }[] }
  return gaps.filter((gap) => gap.streamId === streamId)
}

test('a whole stream has no gap', async () => {
  const id = randomUUID()
  await insertRecords(database, [...stream(id, [2, 1, 3]), stopped(id, 4)])

  expect(await gapsOf(id)).toEqual([])
})

test('a hole is listed with its neighbours, and is overdue while the stream is open', async () => {
  const id = randomUUID()
  const [first, second] = stream(id, [1, 4])
  await insertRecords(database, [first!, second!])

  expect(await gapsOf(id)).toEqual([
    {
      streamId: id,
      serviceName: 'a-service',
      firstMissing: 2,
      lastMissing: 3,
      state: 'overdue',
      streamEnd: 'open',
      before: { recordId: first!.recordId, sequence: 1, recordedAt: old.toISOString() },
      after: { recordId: second!.recordId, sequence: 4, recordedAt: old.toISOString() },
      explainedBy: null,
    },
  ])
})

test('the first number is missed as well', async () => {
  const id = randomUUID()
  await insertRecords(database, stream(id, [2]))

  expect(await gapsOf(id)).toMatchObject([{ firstMissing: 1, lastMissing: 1, before: null }])
})

test('in a stream that has ended it is missing', async () => {
  const id = randomUUID()
  await insertRecords(database, [...stream(id, [1]), stopped(id, 3)])

  expect(await gapsOf(id)).toMatchObject([
    { firstMissing: 2, lastMissing: 2, state: 'missing', streamEnd: 'clean' },
  ])
})

test('behind a record that came just now it is in flight, for as long as is asked', async () => {
  const id = randomUUID()
  await insertRecords(database, stream(id, [1, 3], now))

  expect(await gapsOf(id)).toMatchObject([{ firstMissing: 2, lastMissing: 2, state: 'in flight' }])
  const strict = await runTelltale(['audit', 'gaps', '--postgres', auditor, '--grace-minutes', '0'])
  expect(strict.code).toBe(1)
  expect(strict.stdout).toMatch(
    new RegExp(`^overdue +#2 of stream ${id} of a-service \\(open\\)`, 'm'),
  )
})

test('what lies between the last record and the end that a later boot found is missing', async () => {
  const id = randomUUID()
  const report: TestRecord = {
    ...stream(randomUUID(), [1])[0]!,
    eventName: 'telltale.audit.trail.stopped',
    details: { clean: false, stream: id, lastSequence: 5, skippedBytes: 0 },
  }
  await insertRecords(database, [...stream(id, [1, 2, 3]), report])

  expect(await gapsOf(id)).toMatchObject([
    { firstMissing: 4, lastMissing: 5, state: 'missing', streamEnd: 'unclean', after: null },
  ])
})

test('parked and quarantined numbers are told apart from missing ones', async () => {
  const id = randomUUID()
  const parked: TestRecord = {
    ...stream(id, [6])[0]!,
    eventName: 'telltale.audit.record.parked',
    details: { stream: id, sequence: 3, recordId: randomUUID(), hash: '', reason: 'HTTP 400' },
  }
  const quarantined = randomUUID()
  await insertRecords(database, [...stream(id, [1, 5]), parked])
  await query(
    database,
    `INSERT INTO audit.quarantine (raw_hash, raw, reason, sealer_id, seal_number, leaf_index, record_id, stream_id, sequence_number)
     VALUES (sha256('r'), 'r', 'too deep', gen_random_uuid(), 0, 0, $1, $2, 4)`,
    [quarantined, id],
  )

  expect(await gapsOf(id)).toMatchObject([
    { firstMissing: 2, lastMissing: 2, state: 'overdue', explainedBy: null },
    { firstMissing: 3, lastMissing: 3, state: 'parked', explainedBy: parked.recordId },
    { firstMissing: 4, lastMissing: 4, state: 'quarantined', explainedBy: quarantined },
  ])
})

test('a parked record that has been sent again is no gap any more', async () => {
  const id = randomUUID()
  const parked: TestRecord = {
    ...stream(id, [3])[0]!,
    eventName: 'telltale.audit.record.parked',
    details: { stream: id, sequence: 2 },
  }
  await insertRecords(database, [...stream(id, [1, 2]), parked])

  expect(await gapsOf(id)).toEqual([])
})

test('a number that is there twice does not hide another one', async () => {
  const id = randomUUID()
  await insertRecords(database, stream(id, [1, 1, 3]))

  expect(await gapsOf(id)).toMatchObject([{ firstMissing: 2, lastMissing: 2 }])
})

test('the view says the same', async () => {
  const { json } = await runTelltale(['audit', 'gaps', '--postgres', auditor, '--json'])
  const rows = await query(auditor, 'SELECT FROM audit.gaps')

  expect(rows).toHaveLength((json()['gaps'] as readonly object[]).length)
  expect(rows).not.toHaveLength(0)
})

test('without gaps the exit code is 0, and without the schema it is 3', async () => {
  await query(database, 'CREATE DATABASE empty')
  const empty = otherDatabase(database, 'empty')

  const without = await runTelltale(['audit', 'gaps', '--postgres', empty])
  await runTelltale(['audit', 'migrate', '--postgres', empty])
  const none = await runTelltale(['audit', 'gaps', '--postgres', empty])

  expect(without.code).toBe(3)
  expect(without.stderr).toContain('run "telltale audit migrate"')
  expect(none).toMatchObject({ code: 0, stdout: 'no number is missing\n', stderr: '' })
})
