import { homedir } from 'node:os'
import { defaultSpoolDirectory, prepareSpoolFolder } from '../audit/spool/spool-folder.ts'
import type { Environment, Findings } from '../config/settle.ts'
import type { AllSettings, InitOptions } from '../settings.ts'

/**
 * The folder of the audit spool, made if it is missing.
 *
 * What is wrong with it is a problem when it was given in code, and a warning otherwise: the service starts, and
 * `audit.record()` rejects.
 */
export function findSpoolDirectory(
  { audit }: AllSettings,
  options: InitOptions,
  environment: Environment,
  { problems, warnings }: Findings,
): string {
  const directory =
    audit.spoolDirectory ?? defaultSpoolDirectory(homedir(), environment['XDG_STATE_HOME'])
  const { problem, warning } = prepareSpoolFolder(directory)
  if (warning) warnings.push(warning)
  if (problem === undefined) return directory
  if (options.audit?.spoolDirectory !== undefined) {
    problems.push(`"audit.spoolDirectory" cannot be used: ${problem}; got ${directory}`)
  } else {
    warnings.push(
      `the audit spool ${directory} cannot be used: ${problem}; audit.record() rejects. Set TELLTALE_AUDIT_SPOOL_DIRECTORY to a folder of this user's on a local disk`,
    )
  }
  return directory
}
