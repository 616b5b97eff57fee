import { cpSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The operating system's user that the server runs as. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/**
 * The user for the server: `undefined`, meaning ours, unless we are root, whom PostgreSQL refuses.
 *
 * No user is created for it: `postgres` is taken where there is one, else `nobody`.
 *
 * @throws {Error} when we are root and neither exists
 */
export function findServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const wanted of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find(([name]) => name === wanted) ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(
    'PostgreSQL must not run as root, and /etc/passwd has neither "postgres" nor "nobody". ' +
      'Create one with: useradd --system postgres',
  )
}

/**
 * A folder of the server's programs that the user can get to: the packaged one, or a copy in `directory`
 * when the package lies behind a folder that is closed to others, as in /root.
 */
export function reachableServer(
  packagedServer: string,
  directory: string,
  user: ServerUser | undefined,
): string {
  if (!user) return packagedServer
  assertReachable(directory, user)
  if (isReachable(packagedServer, user)) return packagedServer
  const copy = join(directory, 'server')
  cpSync(packagedServer, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

function assertReachable(directory: string, user: ServerUser): void {
  if (isReachable(directory, user)) return
  throw new Error(
    `PostgreSQL runs as user ${user.uid} and cannot get to ${directory}; ` +
      'let TMPDIR name a folder that every user can enter',
  )
}

/** Says whether a user may enter a folder and all folders above it. */
function isReachable(directory: string, user: ServerUser): boolean {
  for (let folder = directory; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
