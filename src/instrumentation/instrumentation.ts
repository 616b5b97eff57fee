import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { IncomingMessage } from 'node:http'
import type { Settled } from '../config/setting.ts'
import { nearestName } from '../config/nearest-name.ts'
import { toReason } from '../core/errors.ts'
import { loadPackage } from '../core/load-package.ts'
import type { Application } from '../resource/resource.ts'
import {
  installedInstrumentations,
  ownInstrumentations,
  type FoundInstrumentation,
} from './found.ts'
import { hideOwnTraffic } from './own-traffic.ts'
import { noteDestinations } from './outgoing-destination.ts'
import type { ModuleHooks } from './module-hooks.ts'
import type { instrumentationSettings } from './options.ts'
import {
  loadedTooEarly,
  patchedModules,
  patchStates,
  unpatchedWays,
  type PatchedModule,
} from './patch-check.ts'
import { createRouteHooks, ROUTE_ENTRIES } from './route-hooks.ts'
import { listenToExpressRoutes } from './express-route.ts'
import { listenToFastifyRoutes } from './fastify-route.ts'

export { expressRouteOf } from './express-route.ts'
export { fastifyRouteOf } from './fastify-route.ts'
export { honoRouteOf, type HonoRoute } from './hono-route.ts'
export { koaRouteOf } from './koa-route.ts'
export type { PatchedModule } from './patch-check.ts'

/** What the application's libraries report through, once started. */
export interface Instrumentations {
  /** Packages of the instrumentations in use. */
  readonly names: readonly string[]
  /** Modules loaded before the hooks: not, or not wholly, patched. */
  readonly loadedTooEarly: readonly string[]
  /** The modules that are patched when they are loaded, and what has become of them. */
  modules(): PatchedModule[]
  /** Tries what cannot be seen from outside, and answers with what is not patched. */
  verify(): Promise<string[]>
  stop(): void
}

/** What starting the instrumentations needs from outside. */
export interface InstrumentationContext {
  readonly hooks: ModuleHooks
  readonly builtinsBefore: ReadonlySet<string>
  readonly application: Application
  /** Instances that the application brings; each replaces ours of the same package. */
  readonly given: readonly Instrumentation[]
  readonly isOwnRequest: (request: IncomingMessage) => boolean
  readonly warnings: string[]
}

/** Creates, configures and registers every instrumentation that is wanted and found. */
export function startInstrumentations(
  settings: Settled<typeof instrumentationSettings>,
  { hooks, builtinsBefore, application, given, isOwnRequest, warnings }: InstrumentationContext,
): Instrumentations {
  const brought = new Set(given.map(({ instrumentationName }) => instrumentationName))
  const found = [
    ...ownInstrumentations(),
    ...(settings.discover ? installedInstrumentations(application, warnings) : []),
  ].filter(({ packageName }) => !brought.has(packageName))
  const created = select(found, settings, warnings).flatMap((entry) => create(entry, warnings))
  const all = [...created, ...given]
  const routeHooks = createRouteHooks()
  const modules = [...all, ...routeHooks].flatMap(patchedModules)
  hooks.include([...modules, ...ROUTE_ENTRIES])
  for (const instrumentation of all) {
    hideOwnTraffic(instrumentation, isOwnRequest)
    noteDestinations(instrumentation)
  }
  const early = loadedTooEarly(modules, builtinsBefore)
  const { registerInstrumentations } = loadPackage(
    '@opentelemetry/instrumentation',
  ) as typeof import('@opentelemetry/instrumentation')
  const disable = registerInstrumentations({ instrumentations: [...all, ...routeHooks] })
  const stopListening = [listenToFastifyRoutes(), listenToExpressRoutes()]
  return {
    names: all.map(({ instrumentationName }) => instrumentationName),
    loadedTooEarly: early,
    modules: () => all.flatMap(patchStates),
    verify: async () => (modules.includes('http') ? unpatchedWays(hooks) : []),
    stop() {
      disable()
      for (const stop of stopListening) stop()
    },
  }
}

function create(entry: FoundInstrumentation, warnings: string[]): Instrumentation[] {
  try {
    return [entry.create()]
  } catch (error) {
    warnings.push(`${entry.packageName} cannot be used: ${toReason(error)}`)
    return []
  }
}

function select(
  found: readonly FoundInstrumentation[],
  { enabled, disabled }: Settled<typeof instrumentationSettings>,
  warnings: string[],
): FoundInstrumentation[] {
  const known = found.map(({ shortName }) => shortName)
  const check = (names: readonly string[], variable: string): void => {
    for (const name of names.filter((name) => !known.includes(name))) {
      const nearest = nearestName(name, known)
      warnings.push(
        `${variable}: no instrumentation "${name}" is installed${nearest ? `; did you mean "${nearest}"?` : `; there are ${known.join(', ')}`}`,
      )
    }
  }
  check(enabled ?? [], 'OTEL_NODE_ENABLED_INSTRUMENTATIONS')
  check(disabled ?? [], 'OTEL_NODE_DISABLED_INSTRUMENTATIONS')
  return found.filter(
    ({ shortName }) =>
      (!enabled || enabled.includes(shortName)) && !(disabled ?? []).includes(shortName),
  )
}
