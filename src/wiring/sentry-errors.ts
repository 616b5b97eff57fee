import type { Meter } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { toReason } from '../core/errors.ts'
import { loadFrom } from '../core/load-package.ts'
import type { Reporter } from '../core/reporter.ts'
import { createPost } from '../otlp/post.ts'
import { createDroppedCounter } from '../sentry/metrics.ts'
import { asSentryLibrary } from '../sentry/sentry-library.ts'
import {
  createSentryLogRecordProcessor,
  type SentryLogRecordProcessor,
} from '../sentry/sentry-log-record-processor.ts'
import type { AllSettings } from '../settings.ts'

const PACKAGE = '@sentry/core'
/** What its version 11 keeps apart. */
const PART = '@sentry/core/server'

/**
 * Errors to Sentry, when there is a DSN.
 *
 * @param folder - the application's, in which Sentry's library is looked for
 */
export function startSentry(
  { dsn, environment, release }: AllSettings['sentry'],
  folder: string,
  resource: Resource,
  meter: Meter,
  reporter: Reporter,
  warnings: string[],
): SentryLogRecordProcessor | undefined {
  if (dsn === undefined) return undefined
  try {
    const library = asSentryLibrary(loadSentry(folder))
    if (!library) {
      warnings.push(
        `SENTRY_DSN needs ${PACKAGE} 10 or 11: install it; errors are not reported to Sentry`,
      )
      return undefined
    }
    const said = (name: string): string | undefined => resource.attributes[name]?.toString()
    return createSentryLogRecordProcessor({
      library,
      dsn,
      // Asked for each event: detectors of clouds may still be at work.
      origin: () => ({
        environment: environment ?? said('deployment.environment.name'),
        release: release ?? toRelease(said('service.name'), said('service.version')),
        serverName: said('host.name'),
      }),
      createPost: (url, headers) =>
        createPost(url, headers, {}, { keepsAlive: false, maxSockets: 2 }),
      dropped: createDroppedCounter(meter),
      reporter,
    })
  } catch (error) {
    warnings.push(`errors are not reported to Sentry: ${toReason(error)}`)
    return undefined
  }
}

function loadSentry(folder: string): unknown {
  const whole = loadFrom(folder, PACKAGE)
  if (whole === undefined) return undefined
  try {
    return { ...whole, ...(loadFrom(folder, PART) as object | undefined) }
  } catch {
    // Version 10 has no such part, and all in one.
    return whole
  }
}

function toRelease(name: string | undefined, version: string | undefined): string | undefined {
  return name !== undefined && version !== undefined ? `${name}@${version}` : undefined
}
