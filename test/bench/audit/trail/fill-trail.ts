import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Client } from 'pg'
import { connect } from '../connect.ts'
import { createSigner } from './checkpoints.ts'
import type { FilledLog, FillOrder } from './fill-worker.ts'
import { createRandom, toUuidV7 } from './random.ts'

/** A database full of valid, sealed and checkpointed records. */
export interface FilledTrail {
  readonly records: number
  /** Threads that wrote them. */
  readonly workers: number
  /** Folder of the checkpoints and the file of the key that checks them. */
  readonly checkpoints: string
  readonly publicKey: string
  /** Of the newest record, in Unix milliseconds. */
  readonly endMillis: number
}

const STREAMS_PER_WORKER = 50

/**
 * Fills an empty audit database.
 *
 * The records reach from the first day of last month, from which on there are partitions, until now. The indexes are
 * made when the rows are in, which takes a fraction of the time.
 *
 * @param postgres - the superuser's URL
 */
export async function fillTrail(
  postgres: string,
  records: number,
  folder: string,
  progress: (line: string) => void,
): Promise<FilledTrail> {
  const now = new Date()
  const fromMillis = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)
  const toMillis = now.getTime()
  const random = createRandom(7)
  const signer = createSigner()
  const workers = Math.min(availableParallelism(), Math.ceil(records / (4 * STREAMS_PER_WORKER)))
  const sealers = Array.from({ length: workers }, (_, number) =>
    toUuidV7(fromMillis, number, random),
  )
  await using client = await connect(postgres)
  await client.query(`SET telltale.audit_maintenance = 'on'; SET maintenance_work_mem = '1GB'`)
  for (const sealer of sealers) {
    await client.query(
      `INSERT INTO audit.sealers (sealer_id, name, key, started_at, seen_at) VALUES ($1, 'bench', $2, $3, $3)`,
      [sealer, signer.verifierKey, new Date(fromMillis)],
    )
  }
  const indexes = await dropIndexes(client)
  progress(`writing ${records} rows with ${workers} workers`)
  const share = Math.floor(records / workers)
  const logs = await Promise.all(
    sealers.map((sealerId, index) =>
      runWorker({
        postgres,
        synthesis: {
          sealerId,
          seed: index + 1,
          streams: STREAMS_PER_WORKER,
          records: index === 0 ? records - share * (workers - 1) : share,
          fromMillis,
          toMillis,
        },
      }),
    ),
  )
  for (const index of indexes) {
    progress(index)
    await client.query(index)
  }
  progress('vacuum and analyze')
  await client.query('VACUUM (ANALYZE) audit.records, audit.seals')
  await client.query(
    'UPDATE audit.sealers SET seen_at = $1, closed_at = $1, closed_by = sealer_id',
    [now],
  )
  return {
    records,
    workers,
    endMillis: toMillis,
    ...writeCheckpoints(folder, logs, toMillis, signer),
  }
}

/** @returns the statements that make them again */
async function dropIndexes(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; statement: string }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS statement
     FROM pg_index i WHERE i.indrelid = 'audit.records'::regclass AND NOT i.indisprimary`,
  )
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`)
  return rows.map(({ statement }) => statement.replace(' ON ONLY ', ' ON '))
}

async function runWorker(order: FillOrder): Promise<FilledLog> {
  const worker = new Worker(new URL('fill-worker.ts', import.meta.url), { workerData: order })
  const [log] = (await once(worker, 'message')) as [FilledLog]
  await worker.terminate()
  return log
}

function writeCheckpoints(
  folder: string,
  logs: readonly FilledLog[],
  timeMillis: number,
  { verifierKey, close }: ReturnType<typeof createSigner>,
): { checkpoints: string; publicKey: string } {
  const checkpoints = join(folder, 'checkpoints')
  mkdirSync(checkpoints, { recursive: true })
  for (const { sealerId, size, root } of logs) {
    const checkpoint = close({ sealerId, size, root: Buffer.from(root, 'base64'), timeMillis })
    writeFileSync(join(checkpoints, `${sealerId}.jsonl`), `${JSON.stringify({ checkpoint })}\n`)
  }
  const publicKey = join(folder, 'public.key')
  writeFileSync(publicKey, `${verifierKey}\n`)
  return { checkpoints, publicKey }
}
