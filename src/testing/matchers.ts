import type { AuditEvent } from '../audit/define-audit-event.ts'
import {
  findAuditRecord,
  findLog,
  findMetric,
  findSpan,
  type Expected,
  type Name,
  type Search,
} from './expectations.ts'
import { findSecrets } from './secrets.ts'
import type { TestAuditRecord, TestLog, TestSpan, TestTelemetry } from './test-telemetry.ts'

/** What a matcher answers to `expect.extend()`. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/** The matchers as a test calls them; `Returned` is `void`, or what the runner has. */
export interface TelemetryMatchers<Returned = void> {
  /** A finished span of this name, with at least these parts. */
  toHaveSpan(name: Name, expected?: Expected<TestSpan>): Returned
  /** A log record with this message, with at least these parts. */
  toHaveLog(message: Name, expected?: Expected<TestLog>): Returned
  /** An audit record of this event, with at least these parts. */
  toHaveAuditRecord(
    // oxlint-disable-next-line typescript/no-explicit-any -- of whatever details
    event: Name | AuditEvent<any>,
    expected?: Expected<TestAuditRecord>,
  ): Returned
  /** A series of /metrics with at least these labels, and this value; to be awaited. */
  toHaveMetric(
    name: string,
    labels?: Readonly<Record<string, string | RegExp | object>>,
    value?: number | object,
  ): Promise<Returned>
  /** Something in any signal that looks like a secret, most often with `.not`; to be awaited. */
  toHaveSecrets(redactNames?: readonly string[]): Promise<Returned>
}

/** For `expect.extend()` of vitest, or of another runner whose matchers have the same form, as Jest's. */
export const telemetryMatchers = {
  toHaveSpan: (telemetry: TestTelemetry, name: Name, expected?: Expected<TestSpan>) =>
    toResult(findSpan(telemetry, name, expected)),
  toHaveLog: (telemetry: TestTelemetry, message: Name, expected?: Expected<TestLog>) =>
    toResult(findLog(telemetry, message, expected)),
  toHaveAuditRecord: (
    telemetry: TestTelemetry,
    event: Parameters<TelemetryMatchers['toHaveAuditRecord']>[0],
    expected?: Expected<TestAuditRecord>,
  ) => toResult(findAuditRecord(telemetry, event, expected)),
  toHaveMetric: async (
    telemetry: TestTelemetry,
    name: string,
    labels?: Readonly<Record<string, string | RegExp | object>>,
    value?: number | object,
  ) => toResult(await findMetric(telemetry, name, labels, value)),
  toHaveSecrets: async (
    telemetry: TestTelemetry,
    redactNames?: readonly string[],
  ): Promise<MatcherResult> => {
    const places = await findSecrets(telemetry, redactNames)
    return {
      pass: places.length > 0,
      message: () =>
        places.length === 0
          ? 'there is nothing that looks like a secret'
          : `there are secrets:\n  ${places.join('\n  ')}`,
    }
  },
}

function toResult({ found, message }: Search<object>): MatcherResult {
  return { pass: found !== undefined, message: () => message }
}
