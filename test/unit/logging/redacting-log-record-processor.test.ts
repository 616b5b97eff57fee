import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { LogRecord } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { createRedaction } from '../../../src/core/redaction.ts'
import { createLogLengths } from '../../../src/logging/log-record-limits.ts'
import { createRedactingLogRecordProcessor } from '../../../src/logging/redacting-log-record-processor.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

const redaction = createRedaction(['iban'])
const reporter = createRecordingReporter()

/** What whoever comes next gets of a record. */
function emit(given: LogRecord): ReadableLogRecord {
  const seen: ReadableLogRecord[] = []
  const provider = new LoggerProvider({
    processors: [
      createRedactingLogRecordProcessor(redaction, createLogLengths(Infinity, redaction, reporter)),
      {
        onEmit: (record) => void seen.push(record),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  provider.getLogger('app').emit(given)
  return seen[0]!
}

test('a record without secrets goes on as it is', () => {
  const attributes = { user: 'user-1', list: ['a'], nested: { deep: { amount: 5 } } }
  const record = emit({ body: 'claimed', attributes })

  expect(record.body).toBe('claimed')
  expect(record.attributes).toEqual(attributes)
})

test('secrets are taken out of attributes and body, at any depth', () => {
  const record = emit({
    body: { headers: { Authorization: 'Basic YTpi' }, text: 'Bearer t0ken-12345' },
    attributes: {
      'http.request.header.cookie': ['session=1'],
      IBAN: 'DE02',
      nested: { users: [{ name: 'Ann', pass_word: 'hunter2' }] },
      note: 'sent Bearer t0ken-12345 along',
    },
  })

  expect(record.body).toEqual({
    headers: { Authorization: '[redacted]' },
    text: 'Bearer [redacted]',
  })
  expect(record.attributes).toEqual({
    'http.request.header.cookie': '[redacted]',
    IBAN: '[redacted]',
    nested: { users: [{ name: 'Ann', pass_word: '[redacted]' }] },
    note: 'sent Bearer [redacted] along',
  })
})

test('the message of a record is searched as well', () => {
  expect(emit({ body: 'login with Bearer t0ken-12345 failed' }).body).toBe(
    'login with Bearer [redacted] failed',
  )
})

test('a body that no one could write is made harmless first', () => {
  const cyclic: Record<string, unknown> = { password: 'hunter2' }
  cyclic['self'] = cyclic

  expect(emit({ body: cyclic }).body).toEqual({ password: '[redacted]', self: '[circular]' })
})

test('a record has no more than it may in all: what comes beyond is cut off, but short fields stay', () => {
  const many = Array.from({ length: 20 }, (_none, index) => [`f${index}`, 'x'.repeat(60_000)])
  const { attributes } = emit({
    body: 'large',
    attributes: { ...Object.fromEntries(many), status: 200, why: 'short' },
  })

  expect(attributes['f0']).toHaveLength(60_000)
  expect(attributes['f7']).toHaveLength(60_000)
  expect(attributes['f8']).toMatch(/^x{44000,45000}… \[cut\]$/)
  expect(attributes['f19']).toMatch(/^x{256}… \[cut\]$/)
  expect(attributes).toMatchObject({ status: 200, why: 'short' })
})

test('the name of a field is cut', () => {
  const { attributes } = emit({ body: 'x', attributes: { ['n'.repeat(5_000)]: 'value' } })

  expect(attributes).toEqual({ ['n'.repeat(1_024)]: 'value' })
})
