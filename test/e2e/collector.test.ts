import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStack, type Stack } from '../../deploy/stack/stack.ts'
import { readAuditRows } from '../../examples/support/audit-rows.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readLogs } from '../../examples/support/logs.ts'
import { isSigned, noteHash, parseVerifierKeys } from '../../src/verification/checkpoint.ts'
import { countAudit } from './support/audit-counts.ts'
import { findSeal, readCheckpointLines } from './support/checkpoints.ts'
import { createAuditRequest, postForReceipt, postLogs } from './support/audit-otlp.ts'
import { startProbe } from './support/probe.ts'

const open = new AsyncDisposableStack()
let stack: Stack

beforeAll(async () => {
  stack = open.use(await startStack())
})
afterAll(async () => open.disposeAsync())

const authorized = (): Record<string, string> => ({
  authorization: `Bearer ${stack.addresses.auditToken}`,
})

test('an audit request that is posted twice is stored once', async () => {
  const { addresses } = stack
  const { recordId, traceId, body } = createAuditRequest()
  const before = await countAudit(addresses.postgres)

  expect(await postLogs(addresses.auditOtlp, body, authorized())).toBe(200)
  expect(await postLogs(addresses.auditOtlp, body, authorized())).toBe(200)

  expect(await countAudit(addresses.postgres)).toEqual({ ...before, records: before.records + 1 })
  expect(await readAuditRows(addresses.postgresAuditor, 'trace_id', traceId)).toMatchObject([
    {
      record_id: recordId,
      event_name: 'user_logged_in',
      actor_id: 'user-7',
      action: 'log_in',
      service_name: 'plain-otlp',
    },
  ])
})

test('only the audit endpoint gives a receipt, and only for what is committed', async () => {
  const { auditOtlp, otlp } = stack.addresses
  const { body } = createAuditRequest()
  const receipt = { status: 200, format: 'telltale/1', committed: '1' }
  const none = { format: null, committed: null }

  expect(await postForReceipt(auditOtlp, body, authorized())).toMatchObject(receipt)
  // A repeated delivery is committed as well: the producer may have missed the first answer.
  expect(await postForReceipt(auditOtlp, body, authorized())).toMatchObject(receipt)
  expect(await postForReceipt(otlp, body)).toMatchObject({ status: 200, ...none })
  expect(await postForReceipt(auditOtlp, '{"resourceLogs":[]}', authorized())).toMatchObject({
    status: 200,
    committed: null,
  })
  const newer = { ...authorized(), 'telltale-audit-format': 'telltale/2' }
  const refused = await postForReceipt(auditOtlp, createAuditRequest().body, newer)
  expect(refused).toMatchObject({ status: 400, ...none })
  expect(refused.text).toMatch(/"telltale\/2".*"telltale\/1"/)
})

test('an audit record says who delivered it', async () => {
  const { auditOtlp, postgresAuditor } = stack.addresses
  const { recordId, body } = createAuditRequest()

  expect(await postLogs(auditOtlp, body, authorized())).toBe(200)

  expect(await readAuditRows(postgresAuditor, 'record_id', recordId)).toMatchObject([
    { ingested_by: 'default' },
  ])
})

test('an audit record that comes by the main endpoint is stored as well, and not a second time', async () => {
  const { addresses } = stack
  const { recordId, body } = createAuditRequest()
  const before = await countAudit(addresses.postgres)

  expect(await postLogs(addresses.otlp, body)).toBe(200)
  expect(await postLogs(addresses.auditOtlp, body, authorized())).toBe(200)

  expect(await countAudit(addresses.postgres)).toEqual({ ...before, records: before.records + 1 })
  expect(await readAuditRows(addresses.postgresAuditor, 'record_id', recordId)).toHaveLength(1)
})

test('what is no acceptable request is answered with 4xx and stores nothing, and the next good one is taken', async () => {
  const { addresses } = stack
  const { auditOtlp, otlp } = addresses
  const good = createAuditRequest()
  const tooLarge = gzipSync(`{"resourceLogs":[]${' '.repeat(24 * 2 ** 20)}}`)
  const gzip = { 'content-encoding': 'gzip' }
  const before = await countAudit(addresses.postgres)

  const statuses = {
    'malformed, audit': await postLogs(auditOtlp, '{"resourceLogs":[', authorized()),
    'malformed, main': await postLogs(otlp, '{"resourceLogs":['),
    'not protobuf': await postLogs(otlp, good.body, { 'content-type': 'application/x-protobuf' }),
    'too large, audit': await postLogs(auditOtlp, tooLarge, { ...authorized(), ...gzip }),
    'too large, main': await postLogs(otlp, tooLarge, gzip),
    'wrong type': await postLogs(auditOtlp, good.body, {
      ...authorized(),
      'content-type': 'text/plain',
    }),
    'no token': await postLogs(auditOtlp, good.body),
    'wrong token': await postLogs(auditOtlp, good.body, { authorization: 'Bearer wrong' }),
  }

  expect(statuses).toEqual({
    'malformed, audit': 400,
    'malformed, main': 400,
    'not protobuf': 400,
    'too large, audit': 400,
    'too large, main': 400,
    'wrong type': 415,
    'no token': 401,
    'wrong token': 401,
  })
  expect(await countAudit(addresses.postgres)).toEqual(before)
  expect(await postLogs(auditOtlp, good.body, authorized())).toBe(200)
  expect(await countAudit(addresses.postgres)).toEqual({ ...before, records: before.records + 1 })
})

test('what is committed is signed in a file outside the database, and Loki has a copy', async () => {
  const { auditOtlp, checkpoints, checkpointPublicKey, loki, postgres } = stack.addresses
  const { recordId, body } = createAuditRequest()
  expect(await postLogs(auditOtlp, body, authorized())).toBe(200)
  const { sealer, number } = await findSeal(postgres, recordId)
  const keys = parseVerifierKeys(await readFile(checkpointPublicKey ?? '', 'utf8'))

  const lines = await eventually(
    'a checkpoint that covers the record',
    async () => readCheckpointLines(join(checkpoints, `${sealer}.jsonl`)),
    (found) => found.some(({ checkpoint }) => checkpoint.size > number),
    { withinMillis: 60_000 },
  )

  expect(lines.filter(({ note }) => !isSigned(note, keys))).toEqual([])
  expect(lines.map(({ checkpoint }) => checkpoint.sealer)).toEqual(lines.map(() => sealer))
  const previous = lines.map(({ checkpoint }) => checkpoint.previous)
  expect(previous).toEqual(['-', ...lines.slice(0, -1).map(({ note }) => noteHash(note))])
  const copies = await eventually(
    'its copy in Loki',
    async () => readLogs(loki, { query: '{service="telltale-checkpoints"}' }),
    (found) => lines.every(({ text }) => found.some(({ message }) => message === text)),
    { withinMillis: 60_000 },
  )
  expect(copies.filter(({ message }) => !message.startsWith('{"checkpoint":"telltale/'))).toEqual(
    [],
  )
})

test('log records of two tenants in one batch are kept apart in Loki', async () => {
  const { addresses } = stack
  await using probe = await startProbe(addresses, 'probe-tenants')
  const read = async (tenant: string): Promise<string[]> => {
    const lines = await readLogs(addresses.loki, { query: '{service="probe-tenants"}', tenant })
    return lines.map(({ message, fields }) => `${fields['tenant_id'] ?? ''}: ${message}`)
  }

  await Promise.all([
    probe.log('tenant-a', 'for a, one'),
    probe.log('tenant-b', 'for b'),
    probe.log('tenant-a', 'for a, two'),
  ])

  for (const [tenant, expected] of [
    ['tenant-a', ['tenant-a: for a, one', 'tenant-a: for a, two']],
    ['tenant-b', ['tenant-b: for b']],
  ] as const) {
    const lines = await eventually(
      `the lines of ${tenant}`,
      async () => read(tenant),
      (lines) => lines.length >= expected.length,
      { withinMillis: 20_000 },
    )
    expect(lines.sort()).toEqual(expected)
  }
  expect(await read('default')).toEqual([])
})

test('the selectors of system C find their lines, and those of no other tenant', async () => {
  const { addresses } = stack
  await using api = await startProbe(addresses, 'api')
  const one = 'tenant-1'
  const two = 'tenant-2'
  const read = async (query: string, tenant: string): Promise<string[]> => {
    const lines = await readLogs(addresses.loki, { query, tenant })
    return lines.map(({ message }) => message).toSorted()
  }

  await api.log(one, 'disk is full', { level: 'error' })
  await api.log(one, 'all is well')
  await api.log(one, 'log-in refused', { component: 'auth', status: 'failed' })
  await api.log(one, 'logged in', { component: 'auth', status: 'success' })
  await api.log(two, 'disk of the other is full', { level: 'error' })
  await api.log(two, 'log-in to the other refused', { component: 'auth', status: 'failed' })

  for (const [query, tenant, expected] of [
    ['{tenant_id="tenant-1", level="error"}', one, ['disk is full']],
    ['{tenant_id="tenant-1", level="error"}', two, []],
    ['{service="api", level="error"}', one, ['disk is full']],
    ['{service="api", level="error"}', two, ['disk of the other is full']],
    ['{component="auth"}', one, ['log-in refused', 'logged in']],
    ['{component="auth"} | json | status="failed"', one, ['log-in refused']],
    ['{component="auth"} | json | status="failed"', two, ['log-in to the other refused']],
    ['{service="api"} |= "other"', one, []],
  ] as const) {
    const lines = await eventually(
      `${query} of ${tenant}`,
      async () => read(query, tenant),
      (found) => found.length >= expected.length,
      { withinMillis: 30_000 },
    )
    expect(lines).toEqual(expected)
  }
  expect(await read('{service="api"}', 'default')).not.toContain('disk is full')
})

// The last test, because it kills the Collector that the others use.
test('what a killed Collector had not signed is signed by the next one', async () => {
  const { auditOtlp, checkpoints, postgres } = stack.addresses
  const { recordId, body } = createAuditRequest()
  const collector = stack.component('collector')
  expect(await postLogs(auditOtlp, body, authorized())).toBe(200)
  collector.kill('SIGKILL')
  await eventually(
    'its end',
    async () => collector.isRunning,
    (isRunning) => !isRunning,
    { withinMillis: 30_000 },
  )
  const { sealer, number } = await findSeal(postgres, recordId)

  await collector.start()

  const lines = await eventually(
    'the end of its log',
    async () => readCheckpointLines(join(checkpoints, `${sealer}.jsonl`)),
    (found) => found.at(-1)?.checkpoint.state === 'closed',
    { withinMillis: 90_000 },
  )
  expect(lines.at(-1)?.checkpoint.size).toBeGreaterThan(number)
})
