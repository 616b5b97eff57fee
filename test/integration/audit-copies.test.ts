import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toPlainMembers } from '../support/audit/plain-values.ts'
import { readReference } from '../support/audit/reference-reader.ts'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp } from '../support/run-app.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'telltale-copies-'))))
afterEach(() => rmSync(folder, { recursive: true }))

test('an audit record is copied to the logs and to a file, without secrets and what is erasable', async () => {
  await using receiver = await startOtlpReceiver()
  const file = join(folder, 'logs', 'audit.log')

  const app = await runApp('signals/audit-copies.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_MIRROR_LOG: 'true',
    TELLTALE_AUDIT_MIRROR_FILE: file,
    TELLTALE_REDACT_NAMES: 'loyalty_card',
  })

  const recordId = app.stdout.trim()
  const details = { plan: 'free', password: '[redacted]', loyaltyCard: '[redacted]' }
  const fields = {
    audit_action: 'SIGN_UP',
    outcome: 'success',
    actor_id: 'user-1',
    actor_type: 'user',
    request_id: 'request-1',
    audit_record_id: recordId,
  }
  const [copy, ...others] = receiver.logs.filter(({ scope }) => scope === 'telltale.audit.mirror')
  expect(others).toEqual([])
  expect(copy).toMatchObject({
    body: '[AUDIT] signed_up',
    traceId: receiver.spans[0]!.traceId,
    attributes: { component: 'audit', audit: true, event: 'signed_up', ...fields, details },
  })
  expect(copy!.attributes['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

  // The record itself has what is erasable, beside its evidence.
  const record = receiver.auditRecords.find((received) => received.recordId === recordId)!
  expect(toPlainMembers(readReference(record.evidence).record.attributes)).toMatchObject({
    'audit.actor.id': 'user-1',
    'audit.request.id': 'request-1',
    'audit.details': details,
  })
  expect(String(record.attributes['audit.annex'])).toContain('ann@example.com')

  const lines = readFileSync(file, 'utf8').split('\n')
  expect(lines).toEqual([expect.stringMatching(/^\{"action":"signed_up","timestamp":"2/), ''])
  expect(JSON.parse(lines[0]!)).toEqual({
    action: 'signed_up',
    timestamp: copy!.attributes['timestamp'],
    trace_id: copy!.traceId,
    ...fields,
    ...details,
  })
})

test('the copy of a record is in the file when the process ends right after it', async () => {
  await using receiver = await startOtlpReceiver()
  const file = join(folder, 'logs', 'audit.log')

  const app = await runApp('signals/audit-copy-exit.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_MIRROR_FILE: file,
  })

  expect(app.code).toBe(3)
  const actions = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { action: string }).action)
  expect(actions).toEqual(['backup_started', 'backup_done'])
})
