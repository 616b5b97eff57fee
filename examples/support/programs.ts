import { readLauncherEnvironment } from '../../deploy/stack/environment.ts'
import { toLines } from '../../deploy/stack/progress.ts'
import { findOrInstall, type SystemProgram } from '../../deploy/stack/system-programs.ts'

const PROGRAMS = {
  pg_dump: { title: 'pg_dump', names: ['pg_dump'], debian: 'postgresql-client-15' },
  pg_restore: { title: 'pg_restore', names: ['pg_restore'], debian: 'postgresql-client-15' },
  jq: { title: 'jq', names: ['jq'], debian: 'jq' },
} as const satisfies Record<string, SystemProgram>

/**
 * Sees to it that programs of the system are there.
 *
 * @throws {Error} for one that is missing and cannot be installed by this process
 */
export async function requirePrograms(
  names: readonly (keyof typeof PROGRAMS)[],
  say: (text: string) => void,
): Promise<void> {
  for (const name of names) {
    const program = PROGRAMS[name]
    if (await findOrInstall(program, readLauncherEnvironment(), toLines(say))) continue
    throw new Error(
      `${name} is missing; get it with: sudo apt-get install --no-install-recommends ${program.debian}`,
    )
  }
}
