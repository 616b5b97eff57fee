import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { type Checkpoint, parseCheckpoint } from '../../../src/verification/checkpoint.ts'

/** One line of a file of checkpoints. */
export interface CheckpointLine {
  readonly text: string
  /** The signed note in it. */
  readonly note: string
  readonly checkpoint: Checkpoint
}

/** Reads the whole lines of a file of checkpoints. */
export async function readCheckpointLines(path: string): Promise<CheckpointLine[]> {
  const whole = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  return whole.map((text) => {
    const { checkpoint: note } = JSON.parse(text) as { readonly checkpoint: string }
    const checkpoint = parseCheckpoint(note)
    if (!checkpoint) throw new Error(`${path} has a line that is no checkpoint: ${text}`)
    return { text, note, checkpoint }
  })
}

/** Which seal covers a record. */
export async function findSeal(
  databaseUrl: string,
  recordId: string,
): Promise<{ readonly sealer: string; readonly number: number }> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ readonly sealer: string; readonly number: number }>(
      `SELECT sealer_id AS sealer, seal_number::int AS number FROM audit.records WHERE record_id = $1`,
      [recordId],
    )
    if (!rows[0]) throw new Error(`no audit record ${recordId}`)
    return rows[0]
  } finally {
    await client.end()
  }
}
