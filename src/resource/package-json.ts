import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The little that is read from an application's package.json. */
export interface PackageJson {
  readonly path: string
  readonly name?: string
  readonly version?: string
  /** Names of what it depends on at run time, optional dependencies included. */
  readonly dependencies: readonly string[]
}

/**
 * The nearest package.json at or above `folder` that has a name; without one the nearest that can be read.
 *
 * Builds put a package.json with nothing but `"type"` beside their output: that one is not the application's.
 */
export function findPackageJson(folder: string): PackageJson | undefined {
  let nearest: PackageJson | undefined
  for (let at = folder; ; at = dirname(at)) {
    const found = read(join(at, 'package.json'))
    if (found?.name) return found
    nearest ??= found
    if (dirname(at) === at) return nearest
  }
}

function read(path: string): PackageJson | undefined {
  try {
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    return {
      path,
      ...(typeof json['name'] === 'string' && { name: json['name'] }),
      ...(typeof json['version'] === 'string' && { version: json['version'] }),
      dependencies: ['dependencies', 'optionalDependencies'].flatMap((kind) =>
        Object.keys(json[kind] ?? {}),
      ),
    }
  } catch {
    return undefined
  }
}
