import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the launcher takes from its surroundings; nothing else in this folder reads variables. */
export interface LauncherEnvironment {
  /** The checkout: where the configuration files and the Collector's sources are. */
  readonly repository: string
  /** Built binaries and the records of running stacks; outlives every stack. */
  readonly cacheDirectory: string
  /** Where each stack makes its own state folder. */
  readonly temporaryDirectory: string
  /** Passed on to the Go toolchain and to apt. */
  readonly variables: NodeJS.ProcessEnv
}

/**
 * Reads the launcher's settings.
 *
 * Cache folder: `TELLTALE_CACHE_DIRECTORY`, else `$XDG_CACHE_HOME/telltale`, else `~/.cache/telltale`.
 */
export function readLauncherEnvironment(
  variables: NodeJS.ProcessEnv = process.env,
): LauncherEnvironment {
  const cacheDirectory =
    variables['TELLTALE_CACHE_DIRECTORY'] ||
    join(variables['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'telltale')
  return {
    repository: fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''),
    cacheDirectory: resolve(cacheDirectory),
    temporaryDirectory: tmpdir(),
    variables,
  }
}

/**
 * The variables every component starts with.
 *
 * Deliberately not the caller's: an OTEL_* or PG* variable meant for a service must not change what
 * a component does.
 */
export function componentVariables(environment: LauncherEnvironment): Record<string, string> {
  return {
    PATH: environment.variables['PATH'] || '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  }
}
