import type { CopyBuffer } from './copy-buffer.ts'
import { MerkleTree, toLeaf } from './merkle.ts'
import { SCHEMA_VERSION, type Stream, type TrailRecord } from './trail-record.ts'

/** Where a row is sealed. */
export interface SealPlace {
  readonly sealerId: string
  readonly sealNumber: number
  readonly leafIndex: number
  readonly recordedAtMicros: number
}

/** Under this name the producers of a synthetic trail were let in. */
export const INGESTED_BY = 'bench'

const RECORD_COLUMNS =
  'record_id, occurred_at, occurred_unix_nano, recorded_at, sequence_number, seal_number, sealer_id, leaf_index, ' +
  'event_name, actor_id, actor_type, action, outcome, target_type, target_id, source_id, source_type, tenant_id, ' +
  'request_id, user_agent, trace_id, span_id, service_name, schema_version, stream_id, prev_hash, hash, evidence, ' +
  'evidence_by, evidence_format, ingested_by, details, attributes, resource'
const RECORD_FIELDS = RECORD_COLUMNS.split(',').length

/** How the rows of {@link writeRecord} are copied in. */
export const COPY_RECORDS = `COPY audit.records (${RECORD_COLUMNS}) FROM STDIN (FORMAT binary)`
/** How the rows of {@link writeSeal} are copied in. */
export const COPY_SEALS =
  'COPY audit.seals (sealer_id, seal_number, leaf_count, recorded_at, root, leaves) FROM STDIN (FORMAT binary)'

/** Writes a row of audit.records, as the exporter would have derived it from the evidence. */
export function writeRecord(
  copy: CopyBuffer,
  record: TrailRecord,
  stream: Stream,
  place: SealPlace,
): void {
  copy.row(RECORD_FIELDS)
  copy.uuid(record.recordId)
  copy.timestamp(record.timeUnixMicros)
  copy.bigint(BigInt(record.timeUnixMicros) * 1_000n)
  copy.timestamp(place.recordedAtMicros)
  copy.bigint(BigInt(record.sequence))
  copy.bigint(BigInt(place.sealNumber))
  copy.uuid(place.sealerId)
  copy.integer(place.leafIndex)
  copy.text(record.eventName)
  copy.text(record.actorId)
  copy.text(record.actorType)
  copy.text(record.action)
  copy.text(record.outcome)
  copy.text(record.targetType)
  copy.text(record.targetId)
  copy.text(record.sourceId)
  copy.text(record.sourceType)
  copy.text(record.tenantId)
  copy.text(record.requestId)
  copy.text(record.userAgent)
  copy.text(record.traceId)
  copy.text(record.spanId)
  copy.text(stream.serviceName)
  copy.text(SCHEMA_VERSION)
  copy.text(record.streamId)
  copy.hex(record.previousHash)
  copy.hex(record.hash)
  copy.text(record.evidence)
  copy.text('producer')
  copy.text('telltale/1')
  copy.text(INGESTED_BY)
  copy.jsonb(toObject(record.details))
  copy.jsonb('{}')
  copy.jsonb(toObject(stream.resource))
}

/** The leaf of a row of {@link writeRecord}: docs/design/audit.md, section 6. */
export function leafOf({ recordId, hash }: TrailRecord): Buffer {
  return toLeaf(
    Buffer.concat([
      Buffer.from(`52${recordId.replaceAll('-', '')}${hash}50`, 'hex'),
      Buffer.from(INGESTED_BY),
    ]),
  )
}

/**
 * Writes the row of a seal.
 *
 * @returns the seal's text, which is an entry of its sealer's log
 */
export function writeSeal(
  copy: CopyBuffer,
  { sealerId, sealNumber, recordedAtMicros }: Omit<SealPlace, 'leafIndex'>,
  leaves: readonly Buffer[],
): string {
  const tree = new MerkleTree()
  for (const leaf of leaves) tree.append(leaf)
  const root = tree.root()
  copy.row(6)
  copy.uuid(sealerId)
  copy.bigint(BigInt(sealNumber))
  copy.integer(leaves.length)
  copy.timestamp(recordedAtMicros)
  copy.bytes(root)
  copy.bytes(Buffer.concat(leaves))
  const lines = [sealerId, sealNumber, leaves.length, recordedAtMicros, root.toString('base64')]
  return `telltale-seal/1\n${lines.join('\n')}\n`
}

function toObject(
  members: readonly (readonly [key: string, value: string | number | boolean])[],
): string {
  return JSON.stringify(Object.fromEntries(members))
}
