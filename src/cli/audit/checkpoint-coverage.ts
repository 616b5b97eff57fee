import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isSigned, parseCheckpoint } from '../../verification/checkpoint.ts'
import { readCheckpointFiles, readVerifierKeys } from '../../verification/checkpoint-files.ts'
import { CliError } from '../command.ts'
import type { SealOfRecord } from './until-stored.ts'

/** The checkpoints of a trail, read again whenever they are asked. */
export interface CheckpointFiles {
  /**
   * @param what - whose seals these are, for the message
   * @throws {CliError} when a seal lies beyond the newest checkpoint of its sealer
   */
  requireCovered(seals: readonly SealOfRecord[], what: string): Promise<void>
  /** @throws {CliError} when no checkpoint covers the seal in time */
  untilCovered(seal: SealOfRecord, withinMillis: number): Promise<void>
}

const PAUSE_MILLIS = 500

/** Reads checkpoints from folders or files; the newest of a sealer must be signed by one of the keys. */
export function openCheckpoints(
  paths: readonly string[],
  publicKeyFiles: readonly string[],
): CheckpointFiles {
  const isCovered = async ({ sealer, seal }: SealOfRecord): Promise<boolean> => {
    const newest = await readNewest(await pathsOf(sealer, paths), publicKeyFiles)
    return seal < (newest.get(sealer)?.size ?? 0)
  }
  return {
    requireCovered: async (seals, what) => {
      const newest = await readNewest(paths, publicKeyFiles)
      const beyond = seals.find(({ sealer, seal }) => seal >= (newest.get(sealer)?.size ?? 0))
      if (!beyond) return
      const { sealer, seal } = beyond
      throw new CliError(
        `${what} are not all covered by a checkpoint: seal ${seal} of sealer ${sealer} lies beyond its newest one, of size ${newest.get(sealer)?.size ?? 0}`,
      )
    },
    untilCovered: async (seal, withinMillis) => {
      const deadline = Date.now() + withinMillis
      while (!(await isCovered(seal))) {
        if (Date.now() > deadline) {
          throw new CliError(
            `no checkpoint in ${paths.join(', ')} covers seal ${seal.seal} of sealer ${seal.sealer} yet: is this the folder that the Collector writes to, and does it sign? Nothing was dropped; the record of it is stored, and the next run goes on from there`,
          )
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS))
      }
    },
  }
}

/** Where one sealer's checkpoints are: the folders hold a file for each of all the sealers that there have been. */
async function pathsOf(sealer: string, paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      if (!(await stat(path)).isDirectory()) return [path]
      const file = join(path, `${sealer}.jsonl`)
      return (await stat(file).catch(() => undefined)) ? [file] : []
    }),
  )
  return found.flat()
}

interface Newest {
  readonly size: number
  readonly note: string
}

async function readNewest(
  paths: readonly string[],
  publicKeyFiles: readonly string[],
): Promise<ReadonlyMap<string, Newest>> {
  const newest = new Map<string, Newest>()
  for await (const { note } of readCheckpointFiles(paths)) {
    const checkpoint = note === undefined ? undefined : parseCheckpoint(note)
    if (note === undefined || !checkpoint) continue
    const { sealer, size } = checkpoint
    if (size >= (newest.get(sealer)?.size ?? 0)) newest.set(sealer, { size, note })
  }
  const keys = await readVerifierKeys(publicKeyFiles)
  for (const [sealer, { note }] of newest) {
    if (!isSigned(note, keys)) {
      throw new CliError(
        `the newest checkpoint of sealer ${sealer} is not signed by a key in ${publicKeyFiles.join(', ')}`,
      )
    }
  }
  return newest
}
