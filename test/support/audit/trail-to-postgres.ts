import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { toTimeText } from '../../../src/verification/problems.ts'
import { TEXT_COLUMNS } from '../../../src/verification/rows.ts'
import type { TrailRows } from './memory-trail.ts'

type Cell = string | number | bigint | Buffer | null

/** Writes rows into the audit schema as a superuser: what stands in them is the caller's word. */
export async function writeToPostgres(url: string, rows: TrailRows): Promise<void> {
  const client = new Client(url)
  await client.connect()
  try {
    await client.query('BEGIN')
    for (const [sealer, since] of sealersOf(rows)) {
      await client.query(
        `INSERT INTO audit.sealers (sealer_id, name, started_at) VALUES ($1, 'test', $2) ON CONFLICT DO NOTHING`,
        [sealer, toTimeText(since)],
      )
    }
    await copy(
      client,
      'seals (sealer_id, seal_number, leaf_count, recorded_at, root, leaves)',
      rows.seals.map((row) => [
        row.sealer,
        row.seal,
        row.leafCount,
        toTimeText(row.recordedAt),
        row.root,
        row.leaves,
      ]),
    )
    await copy(
      client,
      `records (sealer_id, seal_number, leaf_index, record_id, hash, evidence, evidence_by, ingested_by, recorded_at, occurred_at, occurred_unix_nano, sequence_number, prev_hash, annex_hash, ${TEXT_COLUMNS.join(', ')})`,
      rows.records.map((row) => [
        row.place.sealer,
        row.place.seal,
        row.place.leaf,
        row.recordId,
        Buffer.from(row.hash, 'hex'),
        row.evidence,
        row.evidenceBy,
        row.ingestedBy,
        toTimeText(row.recordedAt),
        toTimeText(row.occurredAt),
        row.occurredUnixNano,
        row.sequenceNumber,
        row.prevHash === null ? null : Buffer.from(row.prevHash, 'hex'),
        row.annexHash === null ? null : Buffer.from(row.annexHash, 'hex'),
        ...row.texts,
      ]),
    )
    await copy(
      client,
      'annexes (record_id, salt, annex, details)',
      rows.records.flatMap(({ recordId, annex }) =>
        annex ? [[recordId, annex.salt, annex.bytes, annex.details]] : [],
      ),
    )
    await copy(
      client,
      'conflicts (sealer_id, seal_number, leaf_index, record_id, hash, stored_hash, evidence, evidence_by, evidence_format, ingested_by, recorded_at)',
      rows.conflicts.map((row) => [
        row.place.sealer,
        row.place.seal,
        row.place.leaf,
        row.recordId,
        Buffer.from(row.hash, 'hex'),
        Buffer.from(row.storedHash, 'hex'),
        row.evidence,
        row.evidenceBy,
        row.evidenceFormat,
        row.ingestedBy,
        toTimeText(row.recordedAt),
      ]),
    )
    await copy(
      client,
      'quarantine (sealer_id, seal_number, leaf_index, raw_hash, raw, reason, ingested_by, recorded_at, stream_id, sequence_number, evidence, hash)',
      rows.quarantine.map((row) => [
        row.place.sealer,
        row.place.seal,
        row.place.leaf,
        Buffer.from(row.rawHash, 'hex'),
        row.raw,
        row.reason,
        row.ingestedBy,
        toTimeText(row.recordedAt),
        row.stream,
        row.sequence,
        row.evidence,
        row.hash === null ? null : Buffer.from(row.hash, 'hex'),
      ]),
    )
    await client.query('COMMIT')
  } finally {
    await client.end()
  }
}

function sealersOf({ seals }: TrailRows): ReadonlyMap<string, bigint> {
  const first = new Map<string, bigint>()
  for (const { sealer, recordedAt } of seals) {
    if (!first.has(sealer)) first.set(sealer, recordedAt)
  }
  return first
}

async function copy(
  client: Client,
  table: string,
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  await pipeline(
    Readable.from(toLines(rows)),
    client.query(copyFrom(`COPY audit.${table} FROM STDIN`)),
  )
}

function* toLines(rows: readonly (readonly Cell[])[]): Generator<string> {
  let text = ''
  for (const row of rows) {
    text += `${row.map(toCell).join('\t')}\n`
    if (text.length < 65_536) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

/** A value in COPY's text format. */
function toCell(value: Cell): string {
  if (value === null) return String.raw`\N`
  if (Buffer.isBuffer(value)) return String.raw`\\x${value.toString('hex')}`
  return String(value)
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`)
}
