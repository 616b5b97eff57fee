import { type SettingsOf, flag, httpUrl, millis, text, wholeNumber } from '../config/setting.ts'

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
  /** Also emits each record as an ordinary log record, `[AUDIT] <event>` with the attribute `audit: true`, for reading; what is erasable is left out. Default false. */
  mirrorLog?: boolean | undefined
  /** Also appends each record to this file as one line of JSON, for reading: the event is `action`, details stand at the top level, what is erasable is left out. */
  mirrorFile?: string | undefined
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
  mirrorLog: flag({ env: 'TELLTALE_AUDIT_MIRROR_LOG', default: false }),
  mirrorFile: text<string | undefined>({ env: 'TELLTALE_AUDIT_MIRROR_FILE', default: undefined }),
} satisfies SettingsOf<AuditOptions>
