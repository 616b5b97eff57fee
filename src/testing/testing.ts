/** `telltale/testing`: what a service's tests see of its telemetry. Not for production; the package itself never loads it. */
export {
  expectAuditRecord,
  expectLog,
  expectMetric,
  expectNoSecrets,
  expectSpan,
} from './assertions.ts'
export type { Expected, Name } from './expectations.ts'
export { telemetryMatchers, type MatcherResult, type TelemetryMatchers } from './matchers.ts'
export { startTestReceiver } from './start-test-receiver.ts'
export { startTestTelemetry, type TestTelemetryOptions } from './start-test-telemetry.ts'
export type {
  InProcessTelemetry,
  ReceivedTelemetry,
  TestAuditRecord,
  TestLog,
  TestSample,
  TestSpan,
  TestTelemetry,
} from './test-telemetry.ts'
