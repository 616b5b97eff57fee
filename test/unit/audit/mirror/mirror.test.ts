import type { LogRecord } from '@opentelemetry/api'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { audit, setAuditMirror, setAuditTrail } from '../../../../src/audit/audit.ts'
import { defineAuditEvent } from '../../../../src/audit/define-audit-event.ts'
import { createAuditMirror } from '../../../../src/audit/mirror/mirror.ts'
import { AuditError } from '../../../../src/core/errors.ts'
import { createRedaction } from '../../../../src/core/redaction.ts'
import { InMemoryTrail } from '../../support/in-memory-trail.ts'
import { createRecordingReporter } from '../../support/recording-reporter.ts'

const backedUp = defineAuditEvent({
  name: 'db_backup_succeeded',
  action: 'BACK_UP',
  targetType: 'database',
  erasable: ['operatorEmail'],
})
const fields = {
  id: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  actor: { id: 'backup-job', type: 'system' },
  target: { id: 'rewards' },
  source: { id: '192.0.2.7' },
  tenantId: 'acme',
  occurredAt: new Date('2026-02-03T04:05:06.789Z'),
  details: {
    size_bytes: 1_048_576,
    rows: 5n,
    checksum: Buffer.from([255]),
    operatorEmail: 'ann@example.com',
    password: 'hunter2',
    action: 'not this one',
    missing: undefined,
  },
} as const

let folder: string
let trail: InMemoryTrail

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'telltale-mirror-'))
  trail = new InMemoryTrail()
  const origin = { resource: { attributes: {} }, redaction: createRedaction() }
  setAuditTrail({ trail, origin })
})
afterEach(() => {
  setAuditMirror(undefined)
  setAuditTrail('telemetry was shut down')
  rmSync(folder, { recursive: true })
})

/** A mirror in use, with what it has emitted and said. */
function start(file?: string) {
  const emitted: LogRecord[] = []
  const reporter = createRecordingReporter()
  const mirror = createAuditMirror({
    logger: file ? undefined : { emit: (record) => void emitted.push(record), enabled: () => true },
    file,
    redaction: createRedaction(),
    reporter,
  })
  setAuditMirror(mirror)
  return { mirror: mirror!, emitted, lines: reporter.lines }
}

describe('the copy in the logs', () => {
  test('is called [AUDIT] and can be told from other lines', async () => {
    const { emitted } = start()

    await audit.record(backedUp, fields)

    expect(emitted).toEqual([
      {
        body: '[AUDIT] db_backup_succeeded',
        severityNumber: 9,
        severityText: 'INFO',
        timestamp: fields.occurredAt,
        attributes: {
          component: 'audit',
          audit: true,
          event: 'db_backup_succeeded',
          timestamp: '2026-02-03T04:05:06.789Z',
          audit_action: 'BACK_UP',
          outcome: 'success',
          actor_id: 'backup-job',
          actor_type: 'system',
          target_type: 'database',
          target_id: 'rewards',
          source_ip: '192.0.2.7',
          tenant_id: 'acme',
          audit_record_id: fields.id,
          details: {
            size_bytes: 1_048_576,
            rows: '5',
            checksum: Buffer.from([255]),
            password: '[redacted]',
            action: 'not this one',
          },
        },
      },
    ])
  })

  test('is no audit record: it would be stored as a second one', async () => {
    const { emitted } = start()

    await audit.record(backedUp, fields)

    const names = Object.keys(emitted[0]!.attributes!)
    expect(names.filter((name) => name.startsWith('audit.'))).toEqual([])
  })

  test('is of what was recorded, whatever the application makes of its details since', async () => {
    const { emitted } = start()
    const details = { rows: 5, tables: ['users'] }

    const recorded = audit.record(backedUp, { ...fields, details })
    details.rows = 6
    details.tables.push('claims')
    await recorded

    expect(emitted[0]?.attributes?.['details']).toEqual({ rows: 5, tables: ['users'] })
  })

  test('is not made of what was not recorded', async () => {
    const { emitted } = start()
    trail.until = () => Promise.reject(new AuditError('TELLTALE_AUDIT_UNAVAILABLE', 'away'))

    await expect(audit.record(backedUp, fields)).rejects.toThrow('away')

    expect(emitted).toEqual([])
  })

  test('may fail: the record is recorded all the same', async () => {
    const reporter = createRecordingReporter()
    setAuditMirror(
      createAuditMirror({
        logger: {
          emit() {
            throw new Error('no logs today')
          },
          enabled: () => true,
        },
        redaction: createRedaction(),
        reporter,
      }),
    )

    await expect(audit.record(backedUp, fields)).resolves.toMatchObject({ recordId: fields.id })
    expect(reporter.lines).toEqual([
      'telltale: an audit record could not be copied: no logs today\n',
    ])
  })
})

describe('the copy in a file', () => {
  test('is counted when it cannot be written', async () => {
    let lost = 0
    const mirror = createAuditMirror({
      file: folder,
      lost: (copies) => void (lost += copies),
      redaction: createRedaction(),
      reporter: createRecordingReporter(),
    })
    setAuditMirror(mirror)

    await audit.record(backedUp, fields)
    await mirror!.flush()

    expect(lost).toBe(1)
  })

  test('is a line that grep and jq can work with', async () => {
    const file = join(folder, 'logs', 'audit.log')
    const { mirror } = start(file)

    await audit.record(backedUp, fields)
    await mirror.flush()

    const text = readFileSync(file, 'utf8')
    expect(text).toContain(
      '{"action":"db_backup_succeeded","timestamp":"2026-02-03T04:05:06.789Z",',
    )
    expect(JSON.parse(text)).toMatchObject({
      action: 'db_backup_succeeded',
      audit_action: 'BACK_UP',
      size_bytes: 1_048_576,
      rows: '5',
      checksum: '/w==',
      password: '[redacted]',
    })
    expect(text).not.toContain('ann@')
    expect(text.split('\n')).toHaveLength(2)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('keeps the order, whatever comes while it is written', async () => {
    const file = join(folder, 'audit.log')
    const { mirror } = start(file)

    for (let index = 0; index < 50; index += 1) {
      await audit.record(backedUp, { ...fields, id: undefined, details: { index } })
    }
    await mirror.flush()

    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { index: number }).index)).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    )
  })

  test('goes on in a new file when the old one was moved away', async () => {
    const file = join(folder, 'audit.log')
    const { mirror } = start(file)
    await audit.record(backedUp, fields)
    await mirror.flush()

    renameSync(file, `${file}.1`)
    await audit.record(backedUp, fields)
    await mirror.flush()

    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2)
  })

  test('that cannot be written is said once, and so is its way back', async () => {
    const inTheWay = join(folder, 'in-the-way')
    writeFileSync(inTheWay, '')
    const file = join(inTheWay, 'audit.log')
    const { mirror, lines } = start(file)

    for (let count = 0; count < 2; count += 1) {
      await audit.record(backedUp, fields)
      await mirror.flush()
    }
    expect(lines).toEqual([
      expect.stringMatching(/^telltale: audit records are not copied to .*audit\.log: ENOTDIR/),
    ])

    rmSync(inTheWay)
    await audit.record(backedUp, fields)
    await mirror.flush()
    expect(lines[1]).toBe(`telltale: audit records are copied again to ${file}\n`)
  })
})

test('there is no mirror without somewhere to copy to', () => {
  expect(
    createAuditMirror({ redaction: createRedaction(), reporter: createRecordingReporter() }),
  ).toBeUndefined()
})
