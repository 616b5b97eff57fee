import type { ErrorCode } from '../core/errors.ts'

/** A finished span. */
export interface TestSpan {
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly status: 'unset' | 'ok' | 'error'
  readonly statusMessage: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly {
    readonly name: string
    readonly attributes: Readonly<Record<string, unknown>>
  }[]
  /** Spans of other traces, or of the same one, that it belongs to. */
  readonly links?: readonly {
    readonly traceId: string
    readonly spanId: string
    readonly attributes: Readonly<Record<string, unknown>>
  }[]
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly durationMillis: number
}

/** A log record, as it would leave the process: redacted. */
export interface TestLog {
  /** The body; a text, unless something else was logged. */
  readonly message: unknown
  /** In small letters: `debug`, `info`, `warn`, `error`, or what else was given. */
  readonly level: string | undefined
  readonly component: string | undefined
  readonly eventName: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly traceId: string | undefined
  readonly spanId: string | undefined
}

/** An audit record, read from its evidence. */
export interface TestAuditRecord {
  readonly recordId: string
  readonly event: string
  readonly actor: { readonly id: string; readonly type: string }
  readonly action: string
  readonly outcome: string
  readonly target: { readonly type: string | undefined; readonly id: string | undefined }
  readonly source: { readonly type: string | undefined; readonly id: string | undefined }
  readonly tenantId: string | undefined
  readonly requestId: string | undefined
  readonly userAgent: string | undefined
  readonly details: Readonly<Record<string, unknown>>
  /** Details declared as erasable, which the evidence has only a hash of. */
  readonly erasable: Readonly<Record<string, unknown>>
  readonly traceId: string | undefined
  /** From 1, in the order of the calls. */
  readonly sequence: number
}

/** One line of /metrics. */
export interface TestSample {
  /** As exposed, suffixes such as `_total` and `_bucket` included. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Of counters and histograms, what came since the last `reset()`. */
  readonly value: number
}

/** What has been received so far. */
export interface TestTelemetry {
  readonly spans: readonly TestSpan[]
  readonly logs: readonly TestLog[]
  /** In their order; the trail's records about itself are left out. */
  readonly auditRecords: readonly TestAuditRecord[]
  /** Collects the metrics, observable ones included, as a scrape would. */
  metrics(): Promise<readonly TestSample[]>
  /**
   * Waits until `assertion` no longer throws: for what ends after the answer was given.
   *
   * @throws what the assertion threw last, after `timeoutMillis` (default 2 000)
   */
  waitFor<Result>(
    assertion: () => Result,
    options?: { readonly timeoutMillis?: number },
  ): Promise<Awaited<Result>>
  /** Forgets what was received, so that the next test starts with nothing. */
  reset(): Promise<void>
}

/** The telemetry of this process. */
export interface InProcessTelemetry extends TestTelemetry, AsyncDisposable {
  /** What the SDK would have said on stderr since the last `reset()`. */
  readonly said: readonly string[]
  /** From now on `audit.record()` rejects with this code; with nothing it records again. */
  refuseAuditRecords(code: ErrorCode | undefined): void
  /** Takes everything from behind the OpenTelemetry API again. */
  stop(): Promise<void>
}

/** The telemetry of a service that runs as a process of its own. */
export interface ReceivedTelemetry extends TestTelemetry, AsyncDisposable {
  /** What the process must have in its environment to send here. */
  readonly env: Readonly<Record<string, string>>
  /** Base URL of the receiver. */
  readonly url: string
  /** Takes nothing more. */
  stop(): Promise<void>
}
