import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { TestLog } from './test-telemetry.ts'

/** Keeps every log record, as it is when the processors before have seen it. */
export function createCollectingLogRecordProcessor(
  add: (log: TestLog) => void,
): LogRecordProcessor {
  return {
    onEmit: (record: ReadableLogRecord) => add(toTestLog(record)),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function toTestLog(record: ReadableLogRecord): TestLog {
  const { body, severityText, eventName, spanContext } = record
  const attributes = { ...record.attributes }
  const { component } = attributes
  return {
    message: body,
    level: severityText?.toLowerCase(),
    component: typeof component === 'string' ? component : undefined,
    eventName,
    attributes,
    traceId: spanContext?.traceId,
    spanId: spanContext?.spanId,
  }
}
