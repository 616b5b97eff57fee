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
  await cp(logs, folder, {
    recursive: true,
    // A spool in use is locked by a socket, which cannot be copied.
    filter: async (path) => (await lstat(path)).isDirectory() || (await lstat(path)).isFile(),
  })
  return folder
}
