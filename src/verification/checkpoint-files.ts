import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type Checkpoint,
  parseCheckpoint,
  parseVerifierKeys,
  type VerifierKey,
} from './checkpoint.ts'

/** A line of a checkpoint file. */
export interface CheckpointLine {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** The sealer that the file is named after. */
  readonly sealer: string
  /** The note as it stands there; nothing when the line has none. */
  readonly note?: string
  /** Nothing when it cannot be read as one. */
  readonly checkpoint?: Checkpoint
}

/**
 * Reads the checkpoint files in folders, or files by their names: `<sealer id>.jsonl`, one checkpoint per line.
 *
 * @throws {Error} when a path is not there
 */
export async function readCheckpointFiles(paths: readonly string[]): Promise<CheckpointLine[]> {
  const files = await Promise.all(
    paths.map(async (path) => {
      if (!(await stat(path)).isDirectory()) return [path]
      const names = (await readdir(path)).filter((name) => name.endsWith('.jsonl'))
      return names.toSorted().map((name) => join(path, name))
    }),
  )
  const lines: CheckpointLine[] = []
  for (const file of new Set(files.flat())) {
    lines.push(...parseLines(file, await readFile(file, 'utf8')))
  }
  return lines
}

/** Reads the verifier keys in files, one per line. */
export async function readVerifierKeys(files: readonly string[]): Promise<VerifierKey[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return texts.flatMap(parseVerifierKeys)
}

/** What a line of a checkpoint file holds. */
export function parseCheckpointLine(text: string): Pick<CheckpointLine, 'note' | 'checkpoint'> {
  try {
    const parsed = JSON.parse(text) as { checkpoint?: unknown } | null
    const note = parsed?.checkpoint
    if (typeof note !== 'string') return {}
    const checkpoint = parseCheckpoint(note)
    return checkpoint ? { note, checkpoint } : { note }
  } catch {
    return {}
  }
}

function parseLines(file: string, text: string): CheckpointLine[] {
  // What follows the last newline is being written at this moment, or was when the machine stopped.
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line, index) => ({
    file,
    line: index + 1,
    sealer: basename(file, '.jsonl'),
    ...parseCheckpointLine(line),
  }))
}
