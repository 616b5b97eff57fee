import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseVerifierKeys, type VerifierKey } from './checkpoint.ts'

/** A line of a checkpoint file. */
export interface CheckpointLine {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** The sealer that the file is named after. */
  readonly sealer: string
  /** The note as it stands there; nothing when the line has none. */
  readonly note?: string | undefined
}

/**
 * Reads the checkpoint files in folders, or files by their names: `<sealer id>.jsonl`, one checkpoint per line.
 *
 * @throws {Error} when a path is not there
 */
export async function* readCheckpointFiles(
  paths: readonly string[],
): AsyncGenerator<CheckpointLine> {
  const files = await Promise.all(
    paths.map(async (path) => {
      if (!(await stat(path)).isDirectory()) return [path]
      const names = (await readdir(path)).filter((name) => name.endsWith('.jsonl'))
      return names.toSorted().map((name) => join(path, name))
    }),
  )
  for (const file of new Set(files.flat())) {
    const sealer = basename(file, '.jsonl')
    let line = 0
    for await (const text of readLines(file)) {
      line += 1
      yield { file, line, sealer, note: parseCheckpointLine(text) }
    }
  }
}

/** Reads the verifier keys in files, one per line. */
export async function readVerifierKeys(files: readonly string[]): Promise<VerifierKey[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return texts.flatMap(parseVerifierKeys)
}

/** The note that a line of a checkpoint file holds. */
export function parseCheckpointLine(text: string): string | undefined {
  try {
    const note = (JSON.parse(text) as { checkpoint?: unknown } | null)?.checkpoint
    return typeof note === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

/**
 * The lines of a file that end with a newline: what follows the last one is being written at this moment, or was when the
 * machine stopped.
 */
export async function* readLines(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + (chunk as string)).split('\n')
    rest = lines.pop()!
    yield* lines
  }
}
