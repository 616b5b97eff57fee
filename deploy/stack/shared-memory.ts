import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Frees the shared memory segment that a PostgreSQL server leaves when it is killed.
 *
 * A server that ended in order has removed its lock file, and nothing is done. Otherwise the segment
 * that the lock file names is removed, provided that this very server made it and nobody is attached.
 */
export async function removeSharedMemory(dataDirectory: string): Promise<void> {
  const lockFile = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = lockFile.split('\n')
  const serverPid = lines[0]?.trim()
  const [key, id] = lines[6]?.trim().split(/\s+/) ?? []
  if (!serverPid || !key || !id) return
  const segments = await readFile('/proc/sysvipc/shm', 'utf8').catch(() => '')
  const isOrphan = segments.split('\n').some((line) => {
    const [shmKey, shmId, , , creatorPid, , attached] = line.trim().split(/\s+/)
    return shmKey === key && shmId === id && creatorPid === serverPid && attached === '0'
  })
  // 48 bytes are not worth failing for.
  if (isOrphan) await promisify(execFile)('ipcrm', ['-m', id]).catch(() => {})
}
