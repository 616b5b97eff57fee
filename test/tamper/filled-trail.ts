import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Client } from 'pg'
import { startPartOfStack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { createUuidV7 } from '../../src/core/ids.ts'
import { runProducer } from './run-producer.ts'
import type { StoredRecord } from './attack.ts'
import { type CopySource, onServer, withDatabase } from './trail-copy.ts'

/** Records of each service before and after the backup, in tens. */
const TENS = 8
const TEMPLATE = 'tamper_filled'
const BACKUP = 'tamper_backup'

/** A trail made by real producers through the real Collector, closed and checkpointed. */
export interface FilledTrail extends AsyncDisposable {
  readonly source: CopySource
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

/** Fills a trail: two services, annexes, a conflict, a quarantined record, two sealers, and a backup in between. */
export async function fillTrail(onProgress: (line: string) => void): Promise<FilledTrail> {
  const open = new AsyncDisposableStack()
  try {
    const stack = open.use(
      await startPartOfStack(['postgres', 'loki', 'collector'], { onProgress }),
    )
    const addresses = stack.addresses
    const serverUrl = withDatabase(addresses.postgres!, 'postgres')
    const copyDatabase = async (name: string): Promise<void> => {
      await stack.component('collector').stop()
      await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE telltale`)
    }
    const load = async (): Promise<void> => {
      for (const service of ['tamper-a', 'tamper-b']) await runProducer(service, TENS, addresses)
      await sendBadRecords(addresses.auditOtlp!, addresses.auditToken!)
      await untilCheckpointed(addresses.postgres!, addresses.checkpoints)
    }
    onProgress('filling a trail')
    await load()
    await copyDatabase(BACKUP)
    await stack.component('collector').start()
    await load()
    await untilWitnessed(addresses.loki!, addresses.checkpoints)
    await copyDatabase(TEMPLATE)
    await untilWitnessed(addresses.loki!, addresses.checkpoints, { butClosing: true })

    const checkpoints = join(await mkdtemp(join(tmpdir(), 'telltale-tamper-')), 'checkpoints')
    await cp(addresses.checkpoints, checkpoints, { recursive: true })
    const template = withDatabase(serverUrl, TEMPLATE)
    return {
      source: {
        serverUrl,
        template: TEMPLATE,
        backup: BACKUP,
        checkpoints,
        publicKeyName: basename(addresses.checkpointPublicKey!),
        records: await readRecords(template),
        lokiUrl: addresses.loki!,
      },
      columns: await readColumns(template),
      [Symbol.asyncDispose]: async () => open.disposeAsync(),
    }
  } catch (error) {
    await open.disposeAsync()
    throw error
  }
}

/** One record under an id that is taken, and one without an actor. */
async function sendBadRecords(endpoint: string, token: string): Promise<void> {
  const id = createUuidV7(Date.now())
  for (const attributes of [
    plainAttributes(id, 'alice'),
    plainAttributes(id, 'mallory'),
    plainAttributes(randomUUID(), undefined),
  ]) {
    const response = await fetch(`${endpoint}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        resourceLogs: [
          {
            resource: { attributes: [text('service.name', 'tamper-plain')] },
            scopeLogs: [
              {
                logRecords: [
                  { eventName: 'plain', timeUnixNano: '1790000000000000000', attributes },
                ],
              },
            ],
          },
        ],
      }),
    })
    if (!response.ok)
      throw new Error(`${endpoint} answered ${response.status}: ${await response.text()}`)
  }
}

function plainAttributes(id: string, actor: string | undefined): readonly object[] {
  return [
    text('audit.record.id', id),
    ...(actor === undefined ? [] : [text('audit.actor.id', actor)]),
    text('audit.actor.type', 'user'),
    text('audit.action', 'PLAIN'),
    text('audit.outcome', 'success'),
  ]
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } }
}

/** Waits until the checkpoint files cover every seal. */
async function untilCheckpointed(url: string, folder: string): Promise<void> {
  await eventually(
    'a checkpoint of every seal',
    async () => {
      const sizes = await query<{ sealer: string; size: number }>(
        url,
        'SELECT sealer_id AS sealer, count(*)::int AS size FROM audit.seals GROUP BY 1',
      )
      const covered = await coveredSizes(folder)
      return sizes.length > 0 && sizes.every(({ sealer, size }) => covered.get(sealer) === size)
    },
    (isCovered) => isCovered,
    { withinMillis: 60_000 },
  )
}

async function coveredSizes(folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const note of await notesIn(folder)) {
    const [origin, size] = note.split('\n')
    sizes.set(origin!.replace('telltale/', ''), Number(size))
  }
  return sizes
}

async function notesIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
  const texts = await Promise.all(files.map(async (name) => readFile(join(folder, name), 'utf8')))
  return texts
    .flatMap((content) => content.split('\n').filter((line) => line !== ''))
    .map((line) => (JSON.parse(line) as { readonly checkpoint: string }).checkpoint)
}

/** Waits until Loki has as many checkpoints as the files, without those that a stopped Collector left behind. */
async function untilWitnessed(
  loki: string,
  folder: string,
  { butClosing = false } = {},
): Promise<void> {
  const notes = await notesIn(folder)
  const wanted = butClosing ? notes.filter((note) => !note.includes('\nstate closed\n')) : notes
  await eventually(
    'the checkpoints in Loki',
    async () => readWitnessed(loki),
    (seen) => wanted.every((note) => seen.includes(note)),
    { withinMillis: 60_000 },
  )
}

async function readWitnessed(loki: string): Promise<string[]> {
  const url = new URL('/loki/api/v1/query_range', loki)
  url.searchParams.set('query', '{service="telltale-checkpoints"}')
  url.searchParams.set('since', '1h')
  url.searchParams.set('limit', '5000')
  const response = await fetch(url, { headers: { 'X-Scope-OrgID': 'default' } })
  const body = (await response.json()) as {
    readonly data: { readonly result: readonly { readonly values: readonly [string, string][] }[] }
  }
  return body.data.result
    .flatMap(({ values }) => values)
    .map(([, line]) => (JSON.parse(line) as { readonly checkpoint: string }).checkpoint)
}

async function readRecords(url: string): Promise<StoredRecord[]> {
  return query<StoredRecord>(
    url,
    `SELECT record_id::text AS "recordId", event_name AS "eventName", service_name AS "serviceName",
       stream_id::text AS "streamId", sequence_number::int AS sequence, sealer_id::text AS sealer,
       seal_number::int AS seal, leaf_index AS leaf, tableoid::regclass::text AS partition
     FROM audit.records ORDER BY sealer_id, seal_number, leaf_index`,
  )
}

async function readColumns(url: string): Promise<{ name: string; type: string }[]> {
  return query(
    url,
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = 'audit' AND table_name = 'records' ORDER BY ordinal_position`,
  )
}

async function query<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows as Row[]
  } finally {
    await client.end()
  }
}
