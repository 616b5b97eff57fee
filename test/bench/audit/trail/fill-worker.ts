import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { parentPort, workerData } from 'node:worker_threads'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { CopyBuffer } from './copy-buffer.ts'
import { MerkleTree, toLeaf } from './merkle.ts'
import { COPY_RECORDS, COPY_SEALS } from './rows.ts'
import { type SealedBatch, synthesize, type Synthesis } from './synthesize.ts'

/** What one worker writes. */
export interface FillOrder {
  readonly postgres: string
  readonly synthesis: Synthesis
}

/** The log of the sealer that it was. */
export interface FilledLog {
  readonly sealerId: string
  readonly size: number
  readonly root: string
}

const SEALS_PER_COPY = 32

const { postgres, synthesis } = workerData as FillOrder
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
parentPort?.postMessage(await fill())

async function fill(): Promise<FilledLog> {
  const client = new Client({ connectionString: postgres })
  await client.connect()
  const log = new MerkleTree()
  const rows = new CopyBuffer(2 ** 26)
  const seals = new CopyBuffer(2 ** 21)
  let underWay = Promise.resolve()
  // The database takes one part in while the next one is made.
  const send = async (): Promise<void> => {
    const parts = [
      [COPY_RECORDS, rows.take()],
      [COPY_SEALS, seals.take()],
    ] as const
    await underWay
    underWay = copyIn(client, parts)
  }
  const add = ({ text }: SealedBatch): void => log.append(toLeaf(Buffer.from(text)))
  for (const batch of synthesize(synthesis, rows, seals)) {
    add(batch)
    if (log.size % SEALS_PER_COPY === 0) await send()
  }
  await send()
  await underWay
  await client.end()
  return { sealerId: synthesis.sealerId, size: log.size, root: log.root().toString('base64') }
}

async function copyIn(
  client: Client,
  parts: readonly (readonly [statement: string, bytes: Buffer])[],
): Promise<void> {
  for (const [statement, bytes] of parts) {
    await pipeline(Readable.from([bytes]), client.query(copyFrom(statement)))
  }
}
