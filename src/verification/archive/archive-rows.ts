import { isUtf8 } from 'node:buffer'
import {
  type AnnexRow,
  type ConflictRow,
  type Place,
  type QuarantineRow,
  type RecordRow,
  type RetainedLeaves,
  type SealHeader,
  type SealRow,
  TEXT_COLUMNS,
} from '../rows.ts'
import type { RetainedStreamRun } from '../source.ts'

/** An annex as the archive keeps it: on a line of its own, so that it can be erased there. */
export interface ArchivedAnnex extends AnnexRow {
  readonly place: Place
  readonly recordId: string
}

type Line = Readonly<Record<string, unknown>>

/** A seal, with its leaves when its rows are in the archive. */
export function sealToLine(seal: SealHeader & { readonly leaves?: Buffer | undefined }): string {
  return JSON.stringify({
    sealer: seal.sealer,
    seal: seal.seal,
    leafCount: seal.leafCount,
    recordedAt: String(seal.recordedAt),
    root: seal.root.toString('base64'),
    ...(seal.leaves && { leaves: seal.leaves.toString('base64') }),
  })
}

export function lineToSeal(text: string): SealHeader & { readonly leaves?: SealRow['leaves'] } {
  const line = parse(text)
  return {
    sealer: textOf(line, 'sealer'),
    seal: Number(line['seal']),
    leafCount: Number(line['leafCount']),
    recordedAt: BigInt(textOf(line, 'recordedAt')),
    root: bytesOf(line, 'root'),
    ...(line['leaves'] !== undefined && { leaves: bytesOf(line, 'leaves') }),
  }
}

export function recordToLine(row: RecordRow): string {
  return JSON.stringify({
    ...placeToLine(row.place),
    recordId: row.recordId,
    ...evidenceToLine(row.evidence),
    hash: row.hash,
    evidenceBy: row.evidenceBy,
    ingestedBy: row.ingestedBy,
    recordedAt: String(row.recordedAt),
    occurredAt: String(row.occurredAt),
    occurredUnixNano: row.occurredUnixNano === null ? null : String(row.occurredUnixNano),
    sequenceNumber: row.sequenceNumber === null ? null : String(row.sequenceNumber),
    prevHash: row.prevHash,
    annexHash: row.annexHash,
    columns: Object.fromEntries(TEXT_COLUMNS.map((name, index) => [name, row.texts[index]])),
  })
}

export function lineToRecord(text: string): RecordRow {
  const line = parse(text)
  const columns = (line['columns'] ?? {}) as Record<string, string | null>
  return {
    place: lineToPlace(line),
    recordId: textOf(line, 'recordId'),
    evidence: lineToEvidence(line),
    hash: textOf(line, 'hash'),
    evidenceBy: textOf(line, 'evidenceBy'),
    ingestedBy: textOrNull(line, 'ingestedBy'),
    recordedAt: BigInt(textOf(line, 'recordedAt')),
    occurredAt: BigInt(textOf(line, 'occurredAt')),
    occurredUnixNano: integerOrNull(line, 'occurredUnixNano'),
    sequenceNumber: integerOrNull(line, 'sequenceNumber'),
    prevHash: textOrNull(line, 'prevHash'),
    annexHash: textOrNull(line, 'annexHash'),
    texts: TEXT_COLUMNS.map((name) => columns[name] ?? null),
    annex: null,
  }
}

export function annexToLine({ place, recordId, salt, bytes, details }: ArchivedAnnex): string {
  return JSON.stringify({
    ...placeToLine(place),
    recordId,
    salt: salt.toString('base64'),
    annex: bytes.toString('base64'),
    details,
  })
}

export function lineToAnnex(text: string): ArchivedAnnex {
  const line = parse(text)
  return {
    place: lineToPlace(line),
    recordId: textOf(line, 'recordId'),
    salt: bytesOf(line, 'salt'),
    bytes: bytesOf(line, 'annex'),
    details: textOf(line, 'details'),
  }
}

export function conflictToLine(row: ConflictRow): string {
  return JSON.stringify({
    ...placeToLine(row.place),
    recordId: row.recordId,
    ...evidenceToLine(row.evidence),
    hash: row.hash,
    storedHash: row.storedHash,
    evidenceBy: row.evidenceBy,
    evidenceFormat: row.evidenceFormat,
    ingestedBy: row.ingestedBy,
    recordedAt: String(row.recordedAt),
  })
}

export function lineToConflict(text: string): ConflictRow {
  const line = parse(text)
  return {
    place: lineToPlace(line),
    recordId: textOf(line, 'recordId'),
    evidence: lineToEvidence(line),
    hash: textOf(line, 'hash'),
    storedHash: textOf(line, 'storedHash'),
    evidenceBy: textOf(line, 'evidenceBy'),
    evidenceFormat: textOf(line, 'evidenceFormat'),
    ingestedBy: textOrNull(line, 'ingestedBy'),
    recordedAt: BigInt(textOf(line, 'recordedAt')),
  }
}

export function quarantineToLine(row: QuarantineRow): string {
  return JSON.stringify({
    ...placeToLine(row.place),
    raw: row.raw.toString('base64'),
    rawHash: row.rawHash,
    reason: row.reason,
    ingestedBy: row.ingestedBy,
    recordedAt: String(row.recordedAt),
    stream: row.stream,
    sequence: row.sequence === null ? null : String(row.sequence),
    evidence: row.evidence?.toString('base64') ?? null,
    hash: row.hash,
  })
}

export function lineToQuarantine(text: string): QuarantineRow {
  const line = parse(text)
  return {
    place: lineToPlace(line),
    raw: bytesOf(line, 'raw'),
    rawHash: textOf(line, 'rawHash'),
    reason: textOf(line, 'reason'),
    ingestedBy: textOrNull(line, 'ingestedBy'),
    recordedAt: BigInt(textOf(line, 'recordedAt')),
    stream: textOrNull(line, 'stream'),
    sequence: integerOrNull(line, 'sequence'),
    evidence: line['evidence'] === null ? null : bytesOf(line, 'evidence'),
    hash: textOrNull(line, 'hash'),
  }
}

export function retainedLeavesToLine(row: RetainedLeaves): string {
  return JSON.stringify(row)
}

/** With a place, by which it is found. */
export function lineToRetainedLeaves(text: string): RetainedLeaves & { readonly place: Place } {
  const line = parse(text)
  const [sealer, seal, firstLeaf] = [
    textOf(line, 'sealer'),
    Number(line['seal']),
    Number(line['firstLeaf']),
  ]
  return {
    sealer,
    seal,
    firstLeaf,
    lastLeaf: Number(line['lastLeaf']),
    partition: textOf(line, 'partition'),
    place: { sealer, seal, leaf: firstLeaf },
  }
}

export function retainedStreamToLine(run: RetainedStreamRun): string {
  return JSON.stringify(run)
}

export function lineToRetainedStream(text: string): RetainedStreamRun {
  const line = parse(text)
  return {
    partition: textOf(line, 'partition'),
    stream: textOf(line, 'stream'),
    first: Number(line['first']),
    last: Number(line['last']),
    firstPrevious: textOrNull(line, 'firstPrevious'),
    lastHash: textOrNull(line, 'lastHash'),
  }
}

function placeToLine({ sealer, seal, leaf }: Place): Line {
  return { sealer, seal, leaf }
}

function lineToPlace(line: Line): Place {
  return {
    sealer: textOf(line, 'sealer'),
    seal: Number(line['seal']),
    leaf: Number(line['leaf']),
  }
}

/** Evidence is text that people can read, unless somebody has made something else of it. */
function evidenceToLine(evidence: Buffer): Line {
  return isUtf8(evidence)
    ? { evidence: evidence.toString('utf8') }
    : { evidenceBytes: evidence.toString('base64') }
}

function lineToEvidence(line: Line): Buffer {
  return line['evidenceBytes'] === undefined
    ? Buffer.from(textOf(line, 'evidence'), 'utf8')
    : bytesOf(line, 'evidenceBytes')
}

function parse(text: string): Line {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null) throw new Error('a line must be an object')
  return parsed as Line
}

function textOf(line: Line, name: string): string {
  const value = line[name]
  if (typeof value !== 'string') throw new Error(`"${name}" must be a text`)
  return value
}

function textOrNull(line: Line, name: string): string | null {
  return line[name] === null ? null : textOf(line, name)
}

function integerOrNull(line: Line, name: string): bigint | null {
  return line[name] === null ? null : BigInt(textOf(line, name))
}

function bytesOf(line: Line, name: string): Buffer {
  return Buffer.from(textOf(line, name), 'base64')
}
