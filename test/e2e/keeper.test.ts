import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPartOfStack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { makeMonth } from '../integration/support/audit-rows.ts'
import { query } from '../integration/support/query.ts'
import { type CliResult, runTelltale } from '../support/telltale-cli.ts'
import { createAnnexedRecord, createStream } from './support/annexed-record.ts'
import { postLogs } from './support/audit-otlp.ts'

const open = new AsyncDisposableStack()
let receiver: { readonly endpoint: string; readonly token: string }
let checkpoints: { readonly directory: string; readonly publicKey: string }
let superuser: string
const folder = mkdtempSync(join(tmpdir(), 'telltale-archive-'))
const archive = join(folder, 'records_2024_03')
let keeper: string

beforeAll(async () => {
  const { addresses } = open.use(await startPartOfStack(['postgres', 'collector']))
  receiver = { endpoint: addresses.auditOtlp ?? '', token: addresses.auditToken ?? '' }
  checkpoints = {
    directory: addresses.checkpoints,
    publicKey: addresses.checkpointPublicKey ?? '',
  }
  superuser = addresses.postgres ?? ''
  await query(superuser, `CREATE ROLE the_keeper LOGIN PASSWORD 'k' IN ROLE audit_keeper`)
  const login = new URL(superuser)
  login.username = 'the_keeper'
  login.password = 'k'
  keeper = login.href
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await open.disposeAsync()
})

/** Runs a command as the keeper, who finds everything in the environment. */
async function runAsKeeper(...words: readonly string[]): Promise<CliResult> {
  return runTelltale(words, {
    TELLTALE_AUDIT_POSTGRES: keeper,
    TELLTALE_AUDIT_ENDPOINT: receiver.endpoint,
    TELLTALE_AUDIT_TOKEN: receiver.token,
    TELLTALE_AUDIT_CHECKPOINTS: checkpoints.directory,
    TELLTALE_AUDIT_PUBLIC_KEY: checkpoints.publicKey,
  })
}

/** What a refused erasure says. */
async function erase(...words: readonly string[]): Promise<string> {
  return (await runAsKeeper('audit', 'erase', ...words, '--reason', 'asked to')).stderr
}

async function store(body: Buffer<ArrayBuffer>): Promise<void> {
  const status = await postLogs(receiver.endpoint, body, {
    authorization: `Bearer ${receiver.token}`,
    'content-type': 'application/x-protobuf',
  })
  if (status !== 200) throw new Error(`the audit receiver answered ${status}`)
}

const detailsOf = async (recordId: string): Promise<readonly object[]> =>
  query(superuser, 'SELECT details FROM audit.trail WHERE record_id = $1', [recordId])

test('erasable details go, the record of it stays, and a second time changes nothing', async () => {
  const { recordId, body } = createAnnexedRecord('Ada')
  await store(body)
  expect(await detailsOf(recordId)).toEqual([{ details: { name: 'Ada' } }])

  const first = await runAsKeeper('audit', 'erase', recordId, '--reason', 'asked to', '--json')
  const second = await runAsKeeper('audit', 'erase', recordId, '--reason', 'again', '--json')

  expect(first.stderr).toBe('')
  const { erasureRecordId } = first.json()
  expect(first.json()).toEqual({ recordId, erasureRecordId, erased: true })
  expect(second.json()).toEqual({ recordId, erasureRecordId, erased: false })
  expect(await detailsOf(recordId)).toEqual([{ details: {} }])
  expect(
    await query(
      superuser,
      `SELECT record_id, event_name, action, actor_type, target_id, details FROM audit.records
       WHERE event_name = 'telltale.audit.record.erased'`,
    ),
  ).toEqual([
    {
      record_id: erasureRecordId,
      event_name: 'telltale.audit.record.erased',
      action: 'ERASE',
      actor_type: 'system',
      target_id: recordId,
      details: { recordId, reason: 'asked to' },
    },
  ])
})

test('what cannot be erased is said, and nothing is recorded', async () => {
  const { recordId, body } = createAnnexedRecord('Grace')
  await store(body)
  const before = await query(superuser, 'SELECT count(*) AS records FROM audit.records')

  expect(await erase('not-an-id')).toContain('ID must be a UUID; got "not-an-id"')
  expect(await erase('00000000-0000-7000-8000-000000000000')).toContain('there is no record')
  expect(await erase(recordId, '--token', 'wrong')).toContain('HTTP 401')
  expect(
    await erase(recordId, '--endpoint', 'http://127.0.0.1:1', '--timeout-seconds', '1'),
  ).toMatch(/did not confirm the record in time: .*ECONNREFUSED/)

  expect(await query(superuser, 'SELECT count(*) AS records FROM audit.records')).toEqual(before)
  expect(await detailsOf(recordId)).toEqual([{ details: { name: 'Grace' } }])
})

test('a month whose time is over goes, and verify stays green over what went', async () => {
  // Stored today under ids of 2024: the clock of the database cannot be set back, so the floor is taken away.
  await makeMonth(superuser, '2024-03')
  await query(
    superuser,
    `SET telltale.audit_maintenance = 'on'; ALTER TABLE audit.retention_floors DROP CONSTRAINT retention_floors_two_months`,
  )
  // The fourth is of a month that stays: verify has to link it to what went.
  const streamId = randomUUID()
  const days = [1, 2, 3].map((day) => new Date(Date.UTC(2024, 2, day)))
  for (const { body } of createStream(streamId, [...days, new Date()])) await store(body)

  const tooYoung = await retain()
  await query(superuser, 'INSERT INTO audit.retention_floors (floor_days) VALUES (0)')
  await verified('green')
  const unexported = await retain()
  const toExport = ['--partition', 'records_2024_03', '--out', archive]
  expect(await runAsKeeper('audit', 'export', ...toExport)).toMatchObject({ code: 0 })
  const records = join(archive, 'records.jsonl')
  const whole = readFileSync(records)
  writeFileSync(records, whole.subarray(whole.indexOf('\n') + 1))
  const cut = await retain()
  writeFileSync(records, whole)
  const dry = await retain('--dry-run')
  const there = await query(superuser, 'SELECT FROM audit.records_2024_03')
  const busy = new Client({ connectionString: superuser })
  await busy.connect()
  await busy.query('BEGIN; LOCK TABLE audit.records IN ACCESS SHARE MODE')
  const held = await retain('--timeout-seconds', '3')
  await busy.end()
  const { code, stderr, json } = await retain()

  expect(tooYoung.code).toBe(3)
  expect(tooYoung.stderr).toContain(
    'records_2024_03 is not old enough: a record in it was stored at',
  )
  expect(unexported).toMatchObject({ code: 3 })
  expect(unexported.stderr).toContain('ENOENT')
  expect(cut.code).toBe(3)
  expect(cut.stderr).toContain('does not verify')
  expect(dry.json()).toMatchObject({ dryRun: true, retained: [{ records: 3, kept: 0 }] })
  expect(there).toHaveLength(3)
  // It had recorded what goes, then waited in vain, for the checkpoint or for the reader: the next run goes on.
  expect(held.code).toBe(3)
  expect(held.stderr).toContain('recording that 3 records go')
  expect(held.stderr).toMatch(
    /was not dropped: canceling statement due to lock timeout|no checkpoint in/,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('recording') })
  const [retained] = json()['retained'] as readonly Record<string, unknown>[]
  expect(retained).toMatchObject({ partition: 'records_2024_03', records: 3 })
  expect(await query(superuser, `SELECT to_regclass('audit.records_2024_03') AS gone`)).toEqual([
    { gone: null },
  ])
  expect(await query(superuser, 'SELECT record_id, records FROM audit.retained')).toEqual([
    { record_id: retained!['recordId'], records: '3' },
  ])
  await verified('green')
  const { numbers, gaps } = (await runAsKeeper('audit', 'gaps', '--all', '--json')).json()
  expect(numbers).toEqual({ retained: 3 })
  expect(gaps).toMatchObject([{ streamId, firstMissing: 1, lastMissing: 3, state: 'retained' }])
  expect((await retain()).stderr).toContain('records_2024_03 is gone since')

  // Whoever adds a leaf to what went, so as to hide a loss elsewhere, is found by the digest.
  await query(
    superuser,
    `INSERT INTO audit.retained_leaves SELECT sealer_id, seal_number, 0, 0, 'records_2024_03' FROM audit.records
     WHERE event_name = 'user_signed_up' AND stream_id IS NULL ORDER BY recorded_at LIMIT 1`,
  )
  const forged = await runAsKeeper('audit', 'verify', '--json')
  expect(forged.code).toBe(2)
  expect(forged.stdout).toContain('no record of its retention has the digest')
})

async function retain(...words: readonly string[]): Promise<CliResult> {
  const what = ['--partition', 'records_2024_03', '--archive', archive, '--json']
  return runAsKeeper('audit', 'retain', ...what, ...words)
}

/** Verifies until everything is covered by a checkpoint. */
async function verified(verdict: 'green'): Promise<void> {
  const last = await eventually(
    'a verdict over everything',
    () => runAsKeeper('audit', 'verify', '--json'),
    (result) => (result.json()['pending'] as { readonly seals: number }).seals === 0,
    { withinMillis: 60_000 },
  )
  expect(last.json()).toMatchObject({ verdict, problems: [] })
}
