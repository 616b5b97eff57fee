import { createRequire } from 'node:module'

/**
 * Loads the CommonJS build of a package, at the moment of the call.
 *
 * The SDK must not be loaded before the module hooks are registered: whatever it loads first stays unpatched.
 *
 * @see docs/decisions/0003-synchronous-init.md
 */
export const loadPackage: NodeJS.Require = createRequire(import.meta.url)

/** Loads a package as the application in `folder` would find it; nothing if it is not installed there. */
export function loadFrom(folder: string, name: string): unknown {
  try {
    return createRequire(`${folder}/`)(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
