import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TrailWriter } from './trail-writer.ts'

/** A folder with files of checkpoints and the key that they are signed by. */
export interface CheckpointFolder extends AsyncDisposable {
  readonly checkpoints: string
  readonly publicKey: string
}

/** Writes what a Collector would have written. */
export async function writeCheckpointFolder({
  rows,
  verifierKey,
}: Pick<TrailWriter, 'rows' | 'verifierKey'>): Promise<CheckpointFolder> {
  const checkpoints = await mkdtemp(join(tmpdir(), 'telltale-checkpoints-'))
  const publicKey = join(checkpoints, 'public.key')
  await writeFile(publicKey, `${verifierKey}\n`)
  for (const [sealer, lines] of Map.groupBy(rows.checkpoints, (line) => line.sealer)) {
    const text = lines.map(({ note }) => `${JSON.stringify({ checkpoint: note })}\n`).join('')
    await writeFile(join(checkpoints, `${sealer}.jsonl`), text)
  }
  return {
    checkpoints,
    publicKey,
    [Symbol.asyncDispose]: () => rm(checkpoints, { recursive: true, force: true }),
  }
}
