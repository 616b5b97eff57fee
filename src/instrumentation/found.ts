import type { Instrumentation } from '@opentelemetry/instrumentation'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { loadFrom, loadPackage } from '../core/load-package.ts'
import { toReason } from '../core/errors.ts'
import type { Application } from '../resource/resource.ts'

/** An instrumentation that could be used. */
export interface FoundInstrumentation {
  /** The short name that OTEL_NODE_ENABLED_INSTRUMENTATIONS uses, such as `pg`. */
  readonly shortName: string
  readonly packageName: string
  create(): Instrumentation
}

const PREFIX = '@opentelemetry/instrumentation-'

/** The instrumentations that come with this package, and how they are configured. */
const OWN: Readonly<Record<string, { className: string; config: object }>> = {
  // Created switched off: otherwise its class fields forget what the constructor patched, and a later require() of
  // http patches it a second time (open-telemetry/opentelemetry-js#6489).
  http: { className: 'HttpInstrumentation', config: { enabled: false } },
  undici: { className: 'UndiciInstrumentation', config: {} },
  pg: {
    className: 'PgInstrumentation',
    config: { requireParentSpan: true, ignoreConnectSpans: true },
  },
  ioredis: { className: 'IORedisInstrumentation', config: { requireParentSpan: true } },
  pino: { className: 'PinoInstrumentation', config: {} },
}

/** Those that come with this package. */
export function ownInstrumentations(): FoundInstrumentation[] {
  return Object.entries(OWN).map(([shortName, { className, config }]) => ({
    shortName,
    packageName: PREFIX + shortName,
    create() {
      shareInstrumentationBase(PREFIX + shortName)
      return new (loadPackage(PREFIX + shortName)[className])(config)
    },
  }))
}

/**
 * Lets a package that comes with us use our copy of `@opentelemetry/instrumentation`.
 *
 * The contrib packages ask for 0.300 where the core packages are at 0.301, so each brings a copy of its own: 43 ms of
 * a start for four of them, and each copy wraps `require()` once more. Their versions are fixed in our package.json.
 *
 * @see docs/decisions/0009-one-instrumentation-base.md
 */
function shareInstrumentationBase(packageName: string): void {
  const ours = loadPackage.resolve('@opentelemetry/instrumentation')
  loadPackage(ours)
  const beside = createRequire(loadPackage.resolve(packageName))
  const theirs = beside.resolve('@opentelemetry/instrumentation')
  if (theirs !== ours) loadPackage.cache[theirs] ??= loadPackage.cache[ours]
}

/** The `@opentelemetry/instrumentation-*` packages among the application's dependencies. */
export function installedInstrumentations(
  application: Application,
  warnings: string[],
): FoundInstrumentation[] {
  const { packageJson } = application
  if (!packageJson) return []
  const folder = dirname(packageJson.path)
  const names = packageJson.dependencies.filter((name) => name.startsWith(PREFIX))
  return [...new Set(names)].flatMap((packageName) => {
    const shortName = packageName.slice(PREFIX.length)
    if (shortName in OWN) return []
    const create = (): Instrumentation => createFirst(loadFrom(folder, packageName), packageName)
    try {
      return loadFrom(folder, packageName) ? [{ shortName, packageName, create }] : []
    } catch (error) {
      warnings.push(`${packageName} cannot be loaded: ${toReason(error)}`)
      return []
    }
  })
}

function createFirst(exports: unknown, packageName: string): Instrumentation {
  for (const [name, value] of Object.entries(exports as object)) {
    if (name.endsWith('Instrumentation') && typeof value === 'function') {
      return new (value as new () => Instrumentation)()
    }
  }
  throw new Error(`${packageName} exports no class whose name ends in Instrumentation`)
}
