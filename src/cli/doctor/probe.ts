/**
 * Runs in a process that is started like the application, in its place: looks at what the preloads have done, and writes what
 * it finds to the file descriptor 3.
 */
import { realpathSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, Script } from 'node:vm'
import { toReason } from '../../core/errors.ts'
import type { Running, Status } from '../../handle.ts'
import type { PatchedModule } from '../../instrumentation/patch-check.ts'

/** What the probe is asked. */
export interface ProbeRequest {
  /** The application's folder: its packages are loaded from there. */
  readonly folder: string
  /** Names of its dependencies. */
  readonly dependencies: readonly string[]
  /** Whether a span, a log record and an audit record are made, and sent. */
  readonly send?: { readonly audit: boolean }
}

/** What the probe answers. */
export interface ProbeReport {
  /** What is running; missing when no preload has started Telltale. */
  readonly status?: Status
  readonly modules: readonly PatchedModule[]
  /** Version of whoever registered himself behind the OpenTelemetry API. */
  readonly apiVersion?: string
  /** Whether what is logged through api-logs gets anywhere; missing without that package. */
  readonly apiLogs?: boolean
  /** Folders of the copies of telltale that was started and that the application loads, when they differ. */
  readonly copies?: { readonly started: string; readonly loaded: string }
  /** Libraries that could not be loaded, with the reason. */
  readonly notLoaded: readonly string[]
  readonly sent?: SentByProbe
}

/** What was made, and what became of it as far as the process knows. */
export interface SentByProbe {
  readonly traceId: string
  /** False for a span that the sampler has left out. */
  readonly isSampled: boolean
  readonly recordId?: string
  readonly auditProblem?: string
}

const FLUSH_MILLIS = 3_000
const REPORT_FD = 3

type Import = (specifier: string) => Promise<Record<string, unknown>>

const request = JSON.parse(process.argv[3] ?? '{}') as ProbeRequest
writeSync(REPORT_FD, JSON.stringify(await probe(request)))
// Preloads of the application may keep the process alive.
process.exit()

async function probe({ folder, dependencies, send }: ProbeRequest): Promise<ProbeReport> {
  const apiVersion = globalVersion()
  const running = (globalThis as Record<symbol, unknown>)[Symbol.for('telltale.running')] as
    | Running
    | undefined
  const base = { modules: [], notLoaded: [], ...(apiVersion !== undefined && { apiVersion }) }
  if (!running) return base
  await running.verified
  if (!running.status().active) return { ...base, status: running.status() }
  const importFrom = importer(folder)
  const requireFrom = createRequire(join(folder, 'noop.js'))
  const patchable = new Set((running.modules?.() ?? []).map(({ name }) => name))
  const notLoaded: string[] = []
  for (const name of dependencies.filter((each) => patchable.has(each))) {
    try {
      await importFrom(name)
      requireFrom(name)
    } catch (error) {
      notLoaded.push(`${name}: ${toReason(error)}`)
    }
  }
  const apiLogs = hasApiLogs(requireFrom)
  const copies = findCopies(running.startedBy, requireFrom)
  const sent = send && (await sendEach(importFrom, send.audit))
  return {
    ...base,
    status: running.status(),
    modules: running.modules?.() ?? [],
    notLoaded,
    ...(apiLogs !== undefined && { apiLogs }),
    ...(copies && { copies }),
    ...(sent && { sent }),
  }
}

function globalVersion(): string | undefined {
  const shared = (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')]
  const version = (shared as { version?: unknown } | undefined)?.version
  return typeof version === 'string' ? version : undefined
}

/** An `import()` that looks for packages where a module in `folder` would. */
function importer(folder: string): Import {
  return new Script('(specifier) => import(specifier)', {
    filename: join(folder, 'noop.mjs'),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext() as Import
}

function hasApiLogs(requireFrom: NodeJS.Require): boolean | undefined {
  let provider: object
  try {
    const { logs } = requireFrom('@opentelemetry/api-logs') as {
      logs: { getLoggerProvider(): object }
    }
    provider = logs.getLoggerProvider()
  } catch {
    return undefined
  }
  const delegate = (provider as { _getDelegate?: () => object })._getDelegate?.() ?? provider
  return !/Noop/i.test(delegate.constructor.name)
}

function findCopies(
  startedBy: string | undefined,
  requireFrom: NodeJS.Require,
): ProbeReport['copies'] {
  if (!startedBy?.startsWith('file:')) return undefined
  try {
    const started = realpathSync(dirname(fileURLToPath(startedBy)))
    const loaded = realpathSync(dirname(requireFrom.resolve('telltale')))
    return started === loaded ? undefined : { started, loaded }
  } catch {
    // That the application has none is said elsewhere.
    return undefined
  }
}

/** Makes one of each through the packages that the application itself would load. */
async function sendEach(importFrom: Import, withAudit: boolean): Promise<SentByProbe> {
  const api = (await importFrom(
    '@opentelemetry/api',
  )) as unknown as typeof import('@opentelemetry/api')
  const telltale = (await importFrom('telltale')) as unknown as typeof import('../../index.ts')
  const handle = telltale.init()
  return api.trace.getTracer('telltale.doctor').startActiveSpan('telltale doctor', async (span) => {
    api.logs.getLogger('telltale.doctor').emit({
      severityNumber: api.SeverityNumber.INFO,
      severityText: 'info',
      body: 'telltale doctor was here',
    })
    const audited = withAudit ? await record(telltale) : {}
    const { traceId, traceFlags } = span.spanContext()
    span.end()
    await handle.forceFlush({ timeoutMillis: FLUSH_MILLIS })
    // A trail that cannot be delivered is gone with its folder; it would only be waited for.
    if (!('auditProblem' in audited)) await handle.shutdown({ timeoutMillis: FLUSH_MILLIS })
    return { traceId, isSampled: (traceFlags & api.TraceFlags.SAMPLED) !== 0, ...audited }
  })
}

async function record(
  telltale: typeof import('../../index.ts'),
): Promise<Pick<SentByProbe, 'recordId' | 'auditProblem'>> {
  const { audit, defineAuditEvent } = telltale
  const event = defineAuditEvent({
    name: 'telltale.doctor',
    action: 'CHECK',
    durability: 'stored',
  })
  try {
    const { recordId } = await audit.record(event, {
      actor: { id: 'telltale doctor', type: 'system' },
    })
    return { recordId }
  } catch (error) {
    return { auditProblem: toReason(error) }
  }
}
