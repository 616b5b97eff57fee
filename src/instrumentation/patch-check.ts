import type { Instrumentation } from '@opentelemetry/instrumentation'
import { loadPackage } from '../core/load-package.ts'
import type { ModuleHooks } from './module-hooks.ts'

/** A module that an instrumentation patches when it is loaded. */
export interface PatchedModule {
  readonly name: string
  /** Ranges of versions that the instrumentation knows. */
  readonly supported: readonly string[]
  /** The version that was loaded, once it is; built-in modules have none. */
  readonly version: string | undefined
  readonly patched: boolean
}

interface ModuleDefinition {
  readonly name: string
  readonly supportedVersions?: readonly string[]
  readonly moduleVersion?: string
  readonly moduleExports?: unknown
  readonly files?: readonly { readonly moduleExports?: unknown }[]
}

/** How far the patches of an instrumentation have come. */
export function patchStates(instrumentation: Instrumentation): PatchedModule[] {
  const { _modules: modules } = instrumentation as { _modules?: readonly ModuleDefinition[] }
  return (modules ?? []).map(
    ({ name, supportedVersions, moduleVersion, moduleExports, files }) => ({
      name,
      supported: supportedVersions ?? [],
      version: moduleVersion,
      // The instrumentation base keeps what it has patched, of the module itself or of files in it.
      patched: [{ moduleExports }, ...(files ?? [])].some(
        (part) => part.moduleExports !== undefined,
      ),
    }),
  )
}

/** A package or a module of Node.js, not a file in it. */
const PACKAGE = /^(?:@[^/]+\/)?[^/]+$/

/** Names of the modules that an instrumentation patches; empty for those that listen to channels. */
export function patchedModules(instrumentation: Instrumentation): string[] {
  const { _modules: modules } = instrumentation as { _modules?: readonly { name: string }[] }
  return (modules ?? []).map(({ name }) => name).filter((name) => PACKAGE.test(name))
}

/**
 * What was loaded before the hooks were there: its calls cannot all be seen.
 *
 * Built-in modules are known to Node.js; packages are looked for in the cache of `require()`.
 */
export function loadedTooEarly(
  modules: readonly string[],
  builtinsBefore: ReadonlySet<string>,
): string[] {
  const files = Object.keys(loadPackage.cache)
  return modules.filter(
    (name) =>
      builtinsBefore.has(name) ||
      files.some((file) => file.replaceAll('\\', '/').includes(`/node_modules/${name}/`)),
  )
}

/** The built-in modules that are loaded now, by name. */
export function loadedBuiltins(): Set<string> {
  const list = (process as { moduleLoadList?: readonly string[] }).moduleLoadList ?? []
  return new Set(
    list.filter((entry) => entry.startsWith('NativeModule ')).map((entry) => entry.slice(13)),
  )
}

/**
 * Ways of loading modules that turned out not to be patched, by trying each: `require()`, with http, and `import`.
 *
 * Importing http itself would load what its getters hide, undici among it: 33 ms of a start. A module of ours shows
 * as well whether the hooks are there.
 */
export async function unpatchedWays(hooks: ModuleHooks): Promise<string[]> {
  const unpatched: string[] = []
  if (!isWrapped(loadPackage('node:http').request)) unpatched.push("require('node:http')")
  if (!(await hooks.seesImports())) unpatched.push('what ES modules import')
  return unpatched
}

function isWrapped(candidate: unknown): boolean {
  return (candidate as { __wrapped?: boolean }).__wrapped === true
}
