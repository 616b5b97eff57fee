import { type SettingsOf, httpUrl, millis, text, wholeNumber } from '../config/setting.ts'

/** Settings of the audit trail. */
export interface AuditOptions {
  /** Base URL of the audit receiver; `/v1/logs` is appended. Default: the host of the OTLP endpoint, port 4319. */
  endpoint?: string | undefined
  /** Bearer token that the audit receiver asks for. */
  token?: string | undefined
  /** Longest time `audit.record()` waits for the Collector to confirm, retries included, in milliseconds. Default 10 000. */
  timeoutMillis?: number | undefined
  /** Records that may wait for the Collector; beyond it `audit.record()` rejects. Default 10 000. */
  maxPendingRecords?: number | undefined
  /** Records sent in one request at the most. Default 512. */
  maxBatchRecords?: number | undefined
}

export const auditSettings = {
  endpoint: httpUrl<string | undefined>({ env: 'TELLTALE_AUDIT_ENDPOINT', default: undefined }),
  token: text<string | undefined>({
    env: 'TELLTALE_AUDIT_TOKEN',
    default: undefined,
    secret: true,
  }),
  timeoutMillis: millis({
    env: 'TELLTALE_AUDIT_TIMEOUT_MILLIS',
    default: 10_000,
    min: 1,
  }),
  maxPendingRecords: wholeNumber({
    env: 'TELLTALE_AUDIT_MAX_PENDING_RECORDS',
    default: 10_000,
    min: 1,
  }),
  maxBatchRecords: wholeNumber({
    env: 'TELLTALE_AUDIT_MAX_BATCH_RECORDS',
    default: 512,
    min: 1,
    max: 512,
  }),
} satisfies SettingsOf<AuditOptions>
