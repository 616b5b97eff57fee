import { ROOT_CONTEXT, type Context, type LogRecord } from '@opentelemetry/api'
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { createContextLogRecordProcessor } from '../../../src/logging/context-log-record-processor.ts'
import { withRequestId } from '../../../src/propagation/propagation.ts'
import { withTenant } from '../../../src/tenancy/tenancy.ts'

const work = withTenant(withRequestId(ROOT_CONTEXT, 'request-1'), 'tenant-1')

/** The attributes of a record that is emitted within a context. */
function attributesOf(context: Context, record: LogRecord, scope = 'app'): object {
  const seen: ReadableLogRecord[] = []
  const provider = new LoggerProvider({
    logRecordLimits: { attributeCountLimit: 3 },
    processors: [
      createContextLogRecordProcessor(),
      {
        onEmit: (emitted) => void seen.push(emitted),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  provider.getLogger(scope).emit({ ...record, context })
  return seen[0]!.attributes
}

test('a record carries the tenant and the request of the work that it is made in', () => {
  expect(attributesOf(work, { body: 'x' })).toEqual({
    tenant_id: 'tenant-1',
    request_id: 'request-1',
  })
})

test('attributes of the same names do not displace them', () => {
  const attributes = { tenant_id: 'tenant-2', request_id: 'forged', user: 'ann' }

  expect(attributesOf(work, { attributes })).toEqual({
    tenant_id: 'tenant-1',
    request_id: 'request-1',
    user: 'ann',
  })
})

test('as many attributes as a record may have do not displace them either', () => {
  expect(attributesOf(work, { attributes: { a: 1, b: 2, c: 3, d: 4 } })).toMatchObject({
    tenant_id: 'tenant-1',
    request_id: 'request-1',
  })
})

test('outside of any work a record says itself whose it is', () => {
  const attributes = { tenant_id: 'tenant-2' }

  expect(attributesOf(ROOT_CONTEXT, { attributes })).toEqual(attributes)
})

test('a copy of an audit record says what the audit record says', () => {
  const attributes = { tenant_id: 'tenant-2', request_id: 'request-2' }

  expect(attributesOf(work, { attributes }, 'telltale.audit.mirror')).toEqual(attributes)
})
