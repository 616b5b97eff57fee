import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPartOfStack } from '../../deploy/stack/stack.ts'
import { query } from '../integration/support/query.ts'
import { type CliResult, runTelltale } from '../support/telltale-cli.ts'
import { createAnnexedRecord } from './support/annexed-record.ts'
import { postLogs } from './support/audit-otlp.ts'

const open = new AsyncDisposableStack()
let receiver: { readonly endpoint: string; readonly token: string }
let superuser: string
let keeper: string

beforeAll(async () => {
  const { addresses } = open.use(await startPartOfStack(['postgres', 'collector']))
  receiver = { endpoint: addresses.auditOtlp ?? '', token: addresses.auditToken ?? '' }
  superuser = addresses.postgres ?? ''
  await query(superuser, `CREATE ROLE the_keeper LOGIN PASSWORD 'k' IN ROLE audit_keeper`)
  const login = new URL(superuser)
  login.username = 'the_keeper'
  login.password = 'k'
  keeper = login.href
})
afterAll(async () => open.disposeAsync())

/** Runs a command as the keeper, who finds everything in the environment. */
async function runAsKeeper(...words: readonly string[]): Promise<CliResult> {
  return runTelltale(words, {
    TELLTALE_AUDIT_POSTGRES: keeper,
    TELLTALE_AUDIT_ENDPOINT: receiver.endpoint,
    TELLTALE_AUDIT_TOKEN: receiver.token,
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
