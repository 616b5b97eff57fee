import { accessSync, constants, lstatSync, mkdirSync, statfsSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { toReason } from '../../core/errors.ts'
import { realDisk } from './disk.ts'
import { LOCK_NAME } from './lane-lock.ts'

/** What was found wrong with a spool's folder. */
export interface FolderFindings {
  /** Why it cannot be used. */
  readonly problem?: string
  /** What is doubtful about it. */
  readonly warning?: string
}

/** Longest path of a Unix socket in bytes, without the closing zero. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/** What comes after the folder in the path of a lane's socket while the lane is made. */
const LANE_BYTES = join('/', `.${'0'.repeat(36)}`, LOCK_NAME).length

/** File systems that are shared between machines, by their `f_type`: statfs(2). */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x61636673, 'ACFS'],
])

/** Memory that ends with the machine. */
const MEMORY_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
])

/** The default folder of the spool: among what a program keeps between its runs (XDG base directories). */
export function defaultSpoolDirectory(home: string, stateHome: string | undefined): string {
  const base = stateHome && isAbsolute(stateHome) ? stateHome : join(home, '.local', 'state')
  return join(base, 'telltale', 'audit')
}

/**
 * Creates the folder of the spool when it is missing, and says what is wrong with it.
 *
 * @param syncFolder - puts the names in a folder on the disk
 */
export function prepareSpoolFolder(
  directory: string,
  syncFolder: (path: string) => void = realDisk.syncFolderSync,
): FolderFindings {
  const problem = objectionToPath(directory)
  if (problem !== undefined) return { problem }
  try {
    const firstMade = mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (firstMade !== undefined) syncNames(directory, firstMade, syncFolder)
    return checkFolder(directory)
  } catch (error) {
    return { problem: `it cannot be made or read: ${toReason(error)}` }
  }
}

/** Says what is wrong with the folder of the spool without making it; one that is not there is right. */
export function inspectSpoolFolder(directory: string): FolderFindings {
  const problem = objectionToPath(directory)
  if (problem !== undefined) return { problem }
  try {
    return checkFolder(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    return { problem: `it cannot be read: ${toReason(error)}` }
  }
}

function objectionToPath(directory: string): string | undefined {
  const room = MAX_SOCKET_PATH_BYTES - LANE_BYTES
  const length = Buffer.byteLength(directory)
  if (!isAbsolute(directory)) return 'it must be an absolute path'
  if (length <= room) return undefined
  return (
    `its path has ${length} bytes and may have ${room}: the locks in it are Unix sockets, ` +
    `whose paths end at ${MAX_SOCKET_PATH_BYTES}`
  )
}

/** A record on the disk is lost when the machine stops before the name of a folder above it is there too. */
function syncNames(made: string, firstMade: string, syncFolder: (path: string) => void): void {
  const first = normalize(firstMade)
  for (let path = normalize(made); path.startsWith(first); path = dirname(path)) {
    try {
      syncFolder(dirname(path))
    } catch (error) {
      // Who may make a folder in another one may still not be allowed to open that.
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    }
  }
}

function checkFolder(directory: string): FolderFindings {
  const found = lstatSync(directory)
  if (found.isSymbolicLink()) return { problem: 'it is a symbolic link, which may lead anywhere' }
  if (!found.isDirectory()) return { problem: 'it is not a directory' }
  const user = process.geteuid?.()
  if (user !== undefined && found.uid !== user) {
    return { problem: `it belongs to user ${found.uid}, and this process is user ${user}` }
  }
  if ((found.mode & 0o022) !== 0) {
    const mode = (found.mode & 0o777).toString(8)
    return { problem: `others may write to it (mode ${mode}); set it to 700` }
  }
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    return { problem: `it cannot be written to: ${toReason(error)}` }
  }
  const { type } = statfsSync(directory)
  const network = NETWORK_FILE_SYSTEMS.get(type)
  if (network) {
    return {
      problem: `it is on a network file system (${network}), where neither the locks nor fdatasync can be relied on; use a local disk`,
    }
  }
  const memory = MEMORY_FILE_SYSTEMS.get(type)
  if (memory) {
    return {
      warning: `the audit spool ${directory} is in memory (${memory}): it outlives the process, not the machine`,
    }
  }
  return {}
}
