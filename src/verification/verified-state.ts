import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { StreamRun } from './stream-runs.ts'

/** What earlier runs have verified: how many seals of each sealer, and how far the streams had come in them. */
export interface VerifiedState {
  readonly format: 'telltale-verified/1'
  readonly sizes: Readonly<Record<string, number>>
  readonly runs: readonly KnownRun[]
}

/** A run of a stream without its ends: these were verified with it. */
export type KnownRun = Pick<StreamRun, 'stream' | 'first' | 'last' | 'firstPrevious' | 'lastHash'>

const NOTHING: VerifiedState = { format: 'telltale-verified/1', sizes: {}, runs: [] }

/**
 * Reads what was verified before; a file that is not there means nothing was.
 *
 * @throws {Error} when it is something else
 */
export async function readVerifiedState(file: string): Promise<VerifiedState> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING
    throw error
  }
  const state = JSON.parse(text) as VerifiedState
  if (state.format !== NOTHING.format) {
    throw new Error(
      `${file} must be of format telltale-verified/1; got ${JSON.stringify(state.format)}`,
    )
  }
  return state
}

/** Writes it whole or not at all. */
export async function writeVerifiedState(
  file: string,
  sizes: Readonly<Record<string, number>>,
  runs: Iterable<StreamRun>,
): Promise<void> {
  const known = Array.from(runs, ({ stream, first, last, firstPrevious, lastHash }): KnownRun => ({
    stream,
    first,
    last,
    firstPrevious,
    lastHash,
  }))
  const state: VerifiedState = { ...NOTHING, sizes, runs: known }
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, `${JSON.stringify(state)}\n`, { flag: 'wx', mode: 0o600 })
  await rename(temporary, file)
}
