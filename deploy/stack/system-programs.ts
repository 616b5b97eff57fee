import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LauncherEnvironment } from './environment.ts'
import { messageOf } from './errors.ts'
import { type Progress, whileTicking } from './progress.ts'

const run = promisify(execFile)

/** A program that is taken from the machine. */
export interface SystemProgram {
  /** For people, such as `Redis`. */
  readonly title: string
  /** Names under which it can be on the PATH, the best first. */
  readonly names: readonly string[]
  /** Debian package that it is in. */
  readonly debian: string
}

/** Finds a program on the PATH, and installs its Debian package when it is missing and this process may. */
export async function findOrInstall(
  program: SystemProgram,
  environment: LauncherEnvironment,
  progress: Progress,
): Promise<string | undefined> {
  const found = findOnPath(program.names, environment)
  if (found !== undefined) return found
  if (process.getuid?.() !== 0 || !findOnPath(['apt-get'], environment)) return undefined
  await install(program, environment, progress)
  return findOnPath(program.names, environment)
}

async function install(
  { title, debian }: SystemProgram,
  environment: LauncherEnvironment,
  progress: Progress,
): Promise<void> {
  progress({ kind: 'line', text: `${title} is missing: installing the Debian package ${debian}` })
  const options = { env: { ...environment.variables, DEBIAN_FRONTEND: 'noninteractive' } }
  const installing = async (): Promise<void> => {
    const args = ['install', '--yes', '--no-install-recommends', debian]
    try {
      await run('apt-get', args, options)
    } catch {
      // The package lists may be missing or out of date.
      await run('apt-get', ['update'], options)
      await run('apt-get', args, options)
    }
  }
  try {
    await whileTicking(progress, (seconds) => `installing ${debian}: ${seconds} s`, installing())
  } catch (error) {
    progress({ kind: 'line', text: `apt-get could not install ${debian}: ${messageOf(error)}` })
  }
}

function findOnPath(
  names: readonly string[],
  environment: LauncherEnvironment,
): string | undefined {
  const folders = (environment.variables['PATH'] ?? '').split(':').filter(Boolean)
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
