import type { Meter } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { LoggerProvider } from '@opentelemetry/sdk-logs'
import { gzip } from 'node:zlib'
import { threadId } from 'node:worker_threads'
import { createAuditRecordProcessor } from '../audit/audit-record-processor.ts'
import type { AuditTrail } from '../audit/audit-trail.ts'
import { AUDIT_FORMAT } from '../audit/delivery/receipt.ts'
import { encodeRequest } from '../audit/delivery/request-body.ts'
import { createAuditMetrics } from '../audit/metrics.ts'
import type { Origin } from '../audit/origin.ts'
import { trailStarted } from '../audit/own-record.ts'
import { prepareOwnRecord } from '../audit/prepared-record.ts'
import { createSpooledTrail, type SpooledTrail } from '../audit/spooled-trail.ts'
import { loadPackage } from '../core/load-package.ts'
import type { Redaction } from '../core/redaction.ts'
import type { Reporter } from '../core/reporter.ts'
import { createPost } from '../otlp/post.ts'
import { readTls, toShownUrl } from '../otlp/target.ts'
import type { AllSettings } from '../settings.ts'

/** The audit trail of this thread. */
export interface AuditSignal {
  readonly trail: SpooledTrail
  readonly origin: Origin
  /** Its loggers write into the trail: for audit records that are emitted the plain OpenTelemetry way. */
  readonly provider: LoggerProvider
  /** Where audit records go, for people. */
  readonly destination: string
}

/** What the audit trail is told of its surroundings. */
export interface AuditSurroundings {
  readonly settings: AllSettings
  /** Folder of the spool; it has been checked. */
  readonly spoolDirectory: string
  readonly sdkVersion: string
  readonly resource: Resource
  readonly redaction: Redaction
  readonly meter: Meter
  readonly reporter: Reporter
  readonly warnings: string[]
}

/** Attributes one audit record may have: the default of 128 would cut mandatory ones off without a word. */
const ATTRIBUTE_COUNT_LIMIT = 100_000

/** Connections to the audit receiver at the most. */
const MAX_SOCKETS = 8

/** The audit trail: a spool, an endpoint and connections of its own; it shares no queue with logs. */
export function startAudit(surroundings: AuditSurroundings): AuditSignal {
  const { settings, resource, redaction, reporter, warnings } = surroundings
  const { audit, otlp } = settings
  const base = audit.endpoint ?? besides(otlp.endpoint ?? 'http://localhost:4318')
  const url = `${base.replace(/\/+$/, '')}/v1/logs`
  const zipped = audit.compression === 'gzip'
  const headers = {
    'content-type': 'application/x-protobuf',
    'telltale-audit-format': AUDIT_FORMAT,
    ...(zipped && { 'content-encoding': 'gzip' }),
    ...(audit.token !== undefined && { authorization: `Bearer ${audit.token}` }),
  }
  const tls = readTls(
    {
      certificateFile: audit.certificateFile ?? otlp.certificateFile,
      clientKeyFile: audit.clientKeyFile ?? otlp.clientKeyFile,
      clientCertificateFile: audit.clientCertificateFile ?? otlp.clientCertificateFile,
    },
    warnings,
  )
  const origin: Origin = { resource, redaction }
  const trail: SpooledTrail = createSpooledTrail({
    directory: surroundings.spoolDirectory,
    maxBytes: audit.spoolMaxBytes,
    timeoutMillis: audit.timeoutMillis,
    shownUrl: toShownUrl(url),
    post: createPost(url, headers, tls, { keepsAlive: false, maxSockets: MAX_SOCKETS }),
    toBody: async (frames) => {
      const body = encodeRequest(frames)
      return zipped ? compress(body) : body
    },
    makeOwnRecord: (event) => prepareOwnRecord(event, origin),
    started: trailStarted(surroundings.sdkVersion, process.pid, threadId),
    metrics: createAuditMetrics(surroundings.meter, () => trail.status()),
    reporter,
  })
  const provider = createAuditLoggerProvider(resource, trail, redaction)
  return { trail, origin, provider, destination: toShownUrl(url) }
}

/** Loggers that write every record into the trail: for audit records that are emitted the plain OpenTelemetry way. */
export function createAuditLoggerProvider(
  resource: Resource,
  trail: AuditTrail,
  redaction: Redaction,
): LoggerProvider {
  const sdk = loadPackage('@opentelemetry/sdk-logs') as typeof import('@opentelemetry/sdk-logs')
  return new sdk.LoggerProvider({
    resource,
    processors: [createAuditRecordProcessor(trail, redaction)],
    logRecordLimits: { attributeCountLimit: ATTRIBUTE_COUNT_LIMIT },
  })
}

/** The audit receiver beside an OTLP endpoint: same host, port 4319. */
function besides(endpoint: string): string {
  const url = new URL(endpoint)
  url.port = '4319'
  url.pathname = ''
  return url.href
}

/** Not by promisify(): node:util would load node:net before it can be patched. */
function compress(body: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzip(body, (error, zipped) => (error ? reject(error) : resolve(zipped)))
  })
}
