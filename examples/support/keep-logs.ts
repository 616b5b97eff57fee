import { cp, lstat, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Copies the logs of a stack, which go with it.
 *
 * @returns the folder of the copy
 */
export async function keepLogs(logs: string, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `telltale-${name}-logs-`))
  await copyLogs(logs, folder)
  return folder
}

/** Copies the files of a stack's folder of logs into another one, whatever else is there or goes meanwhile. */
export async function copyLogs(logs: string, folder: string): Promise<void> {
  await cp(logs, folder, {
    recursive: true,
    // A spool in use is locked by a socket, which cannot be copied; a file of a stack that runs may be gone by now.
    filter: async (path) => {
      const found = await lstat(path).catch(() => undefined)
      return found !== undefined && (found.isDirectory() || found.isFile())
    },
  })
}
