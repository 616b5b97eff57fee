import type { SpoolStatus } from './audit/metrics.ts'
import type { PatchedModule } from './instrumentation/instrumentation.ts'

/** What `init()` knows of itself. */
export interface Status {
  /** Whether telemetry is made; `reason` says why not. */
  readonly active: boolean
  readonly reason?: string
  /** How ES modules are intercepted. */
  readonly hooks?: 'sync' | 'async'
  /** Packages of the instrumentations in use. */
  readonly instrumentations?: readonly string[]
  /** What was loaded too early to be patched, or turned out not to be. */
  readonly notPatched?: readonly string[]
  readonly traces?: string
  readonly logs?: string
  readonly audit?: string
  /** How the audit spool stands; `problem` says why nothing can be recorded, while that is so. */
  readonly spool?: SpoolStatus
  /** Base URL of the admin server; missing while it does not listen. */
  readonly admin?: string | undefined
}

/** The running telemetry. */
export interface Telltale {
  /** Sends what waits; resolves when it has left, at the latest after `timeoutMillis`. Never rejects. */
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>
  /** Sends what waits and stops; may be called twice. Never rejects. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void>
  status(): Status
}

/** What `telltale doctor` finds in a process under `Symbol.for('telltale.running')`. */
export interface Running {
  /** URL of the file that started it, which tells which copy of the package it is. */
  readonly startedBy?: string
  readonly status: () => Status
  /** Modules that instrumentations patch, and how far they have come; only while telemetry is made. */
  readonly modules?: () => readonly PatchedModule[]
  /** Settles once `status().notPatched` is complete. */
  readonly verified?: Promise<void>
}

/** The handle of telemetry that is not made. */
export function createInactive(reason: string): Telltale {
  return {
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
    status: () => ({ active: false, reason }),
  }
}
