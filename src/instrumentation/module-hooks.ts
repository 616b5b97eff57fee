import { createRequire, register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { loadPackage } from '../core/load-package.ts'

/** How modules that the application loads are intercepted. */
export interface ModuleHooks {
  /** `sync`: in this thread (Node.js >= 22.22.3, >= 24.11.1, >= 26); `async`: through a loader thread. */
  readonly mode: 'sync' | 'async'
  /** Adds modules to those that are intercepted when an ES module imports them. */
  include(names: Iterable<string>): void
  /** Tries whether an instrumentation gets to see what an ES module imports. */
  seesImports(): Promise<boolean>
}

type HookClass = new (files: readonly string[], onImport: () => void) => { unhook(): void }

/** Beside this file, with its ending: `.js` in the package, `.ts` from source. */
const PROBE_URL = import.meta.url.replace(/module-hooks(\.[a-z]+)$/, 'hook-probe$1')

interface SyncHooks {
  supportsSyncHooks(): boolean
  register(options: { shouldInclude: (url: string, specifier: string) => boolean }): void
}

/**
 * Registers the hooks through which instrumentations reach what ES modules import. `require()` needs none.
 *
 * They are those of the copy of import-in-the-middle that `@opentelemetry/instrumentation` uses: a second copy would
 * see every import and tell nobody.
 */
export function registerModuleHooks(): ModuleHooks {
  const beside = createRequire(loadPackage.resolve('@opentelemetry/instrumentation'))
  const hooks = beside('import-in-the-middle/register-hooks.mjs') as SyncHooks
  if (!hooks.supportsSyncHooks()) {
    register(beside.resolve('import-in-the-middle/hook.mjs'), import.meta.url)
    return { mode: 'async', include: () => undefined, seesImports: () => probe(beside) }
  }
  const included = new Set<string>()
  hooks.register({
    shouldInclude: (url, specifier) =>
      included.has(specifier) ||
      (url.startsWith('node:') && included.has(url.slice(5))) ||
      url === PROBE_URL,
  })
  return {
    mode: 'sync',
    include(names) {
      for (const name of names) included.add(name)
    },
    seesImports: () => probe(beside),
  }
}

async function probe(beside: NodeJS.Require): Promise<boolean> {
  const { Hook } = beside('import-in-the-middle') as { Hook: HookClass }
  let seen = false
  const hook = new Hook([fileURLToPath(PROBE_URL)], () => {
    seen = true
  })
  await import(PROBE_URL)
  hook.unhook()
  return seen
}
