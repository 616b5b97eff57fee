import { AssertionError } from 'node:assert'
import { findAuditRecord, findLog, findMetric, findSpan, type Search } from './expectations.ts'
import { findSecrets } from './secrets.ts'
import type {
  TestAuditRecord,
  TestLog,
  TestSample,
  TestSpan,
  TestTelemetry,
} from './test-telemetry.ts'

/** Returns the span; for runners without matchers, such as node:test. @throws {AssertionError} */
export function expectSpan(...given: Parameters<typeof findSpan>): TestSpan {
  return orThrow(findSpan(...given))
}

/** Returns the log record. @throws {AssertionError} */
export function expectLog(...given: Parameters<typeof findLog>): TestLog {
  return orThrow(findLog(...given))
}

/** Returns the audit record. @throws {AssertionError} */
export function expectAuditRecord(...given: Parameters<typeof findAuditRecord>): TestAuditRecord {
  return orThrow(findAuditRecord(...given))
}

/** Returns the series. @throws {AssertionError} */
export async function expectMetric(...given: Parameters<typeof findMetric>): Promise<TestSample> {
  return orThrow(await findMetric(...given))
}

/** Resolves when nothing in any signal looks like a secret. @throws {AssertionError} naming the places */
export async function expectNoSecrets(
  telemetry: TestTelemetry,
  redactNames?: readonly string[],
): Promise<void> {
  const places = await findSecrets(telemetry, redactNames)
  if (places.length === 0) return
  throw new AssertionError({ message: `there are secrets:\n  ${places.join('\n  ')}` })
}

function orThrow<Thing>({ found, message }: Search<Thing>): Thing {
  if (found === undefined) throw new AssertionError({ message })
  return found
}
