import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs'
import { readdir, rm, rmdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isUuid } from '../../core/ids.ts'
import { isOwned, LOCK_NAME, takeLock, type LaneLock } from './lane-lock.ts'

/** Folder inside a lane, with the lanes of dead owners that this one has taken over. */
export const ADOPTED_NAME = 'adopted'

/** The folder of a live stream, and the lock on it. */
export interface Lane {
  readonly path: string
  readonly lock: LaneLock
}

/** How long a lane may be in the making, in milliseconds. */
const MAKING_MILLIS = 60_000

/**
 * Makes the lane of a stream. It is made under a hidden name and gets its own when the lock is held: a lane that others
 * can see has had an owner.
 *
 * @throws what the disk or the socket says; nothing is left behind then
 */
export function createLane(spool: string, streamId: string): Lane {
  const hidden = join(spool, `.${streamId}`)
  const path = join(spool, streamId)
  mkdirSync(hidden, { mode: 0o700 })
  let lock: LaneLock | undefined
  try {
    lock = takeLock(hidden)
    renameSync(hidden, path)
    return { path, lock }
  } catch (error) {
    lock?.release()
    rmSync(hidden, { recursive: true, force: true })
    throw error
  }
}

/** Lanes in a folder, by their names. */
export async function listLanes(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    // A symbolic link is no lane: it may lead anywhere.
    return entries
      .filter((entry) => entry.isDirectory() && isUuid(entry.name))
      .map(({ name }) => name)
      .toSorted()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Removes a lane from which everything is delivered. Nothing that is no part of a lane is touched. */
export async function removeLane(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    if (isPartOfLane(name)) await unlink(join(path, name))
    else if (name === ADOPTED_NAME) await rmdir(join(path, name))
  }
  await rmdir(path)
}

/** The same for the end of the process. */
export function removeLaneSync(path: string): void {
  for (const name of readdirSync(path)) {
    if (isPartOfLane(name)) unlinkSync(join(path, name))
    else if (name === ADOPTED_NAME) rmdirSync(join(path, name))
  }
  rmdirSync(path)
}

function isPartOfLane(name: string): boolean {
  return name === LOCK_NAME || name === 'cursor' || name.endsWith('.segment')
}

/** Removes lanes whose maker died before they could be seen; they have never held a record. */
export async function removeUnfinishedLanes(spool: string, nowMillis: number): Promise<void> {
  let failure: unknown
  for (const name of await readdir(spool)) {
    if (!name.startsWith('.') || !isUuid(name.slice(1))) continue
    const path = join(spool, name)
    await removeIfAbandoned(path, nowMillis).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') failure ??= error
    })
  }
  if (failure) throw failure
}

async function removeIfAbandoned(path: string, nowMillis: number): Promise<void> {
  if (nowMillis - (await stat(path)).mtimeMs < MAKING_MILLIS) return
  if (await isOwned(path)) return
  await rm(join(path, LOCK_NAME), { force: true })
  await rmdir(path)
}
