import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { checkpointKeyId, toVerifierKey } from '../../../src/verification/checkpoint-key.ts'
import { type RecordRow, TEXT_COLUMNS, type TextColumn } from '../../../src/verification/rows.ts'
import type { TrailRows } from './memory-trail.ts'
import type { KeyValue } from './otlp-input.ts'
import { referenceAnnex, referenceEvidence, sha256 } from './reference-evidence.ts'
import { referenceEntry, referenceLeaf, referenceRoot, referenceSeal } from './reference-seal.ts'

/** One record to be written. */
export interface WrittenRecord {
  readonly eventName?: string
  readonly actor?: string
  readonly action?: string
  /** Details in the order of jsonb: by the length of the name, then by its bytes. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
  /** Erasable details. */
  readonly annex?: Readonly<Record<string, string>>
  readonly stream?: WrittenStream
  readonly evidenceBy?: 'producer' | 'collector'
}

/** A stream of a producer, and how far it has come. */
export interface WrittenStream {
  readonly id: string
  sequence: number
  hash: string
}

/** A row that has no seal yet. */
export type Unsealed = Omit<RecordRow, 'place' | 'recordedAt'>

const START_MICROS = 1_763_700_000_000_000n
const SECOND_MICROS = 1_000_000n

/**
 * Writes valid audit trails by the letter of docs/design/audit.md, with nothing of what it is to test but the shapes of rows.
 */
export class TrailWriter {
  readonly rows: TrailRows = {
    seals: [],
    records: [],
    conflicts: [],
    quarantine: [],
    orphans: [],
    unplaced: [],
    changedViews: [],
    retained: [],
    retainedLeaves: [],
    retainedStreams: [],
    checkpoints: [],
    now: START_MICROS,
  }
  readonly keyName = 'test-key'
  readonly #privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly #previous = new Map<string, string>()
  #counter = 0

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    this.#privateKey = privateKey
    this.publicKey = publicKey
  }

  /** The line for a file of public keys. */
  get verifierKey(): string {
    return toVerifierKey(this.keyName, this.publicKey)
  }

  /** A UUID that is larger than all before it. */
  uuid(): string {
    this.#counter += 1
    return `019aa5c0-0000-7000-8000-${this.#counter.toString(16).padStart(12, '0')}`
  }

  stream(): WrittenStream {
    return { id: this.uuid(), sequence: 0, hash: sha256('') }
  }

  /** Makes a row; in a stream it is the next one. */
  record(given: WrittenRecord = {}): Unsealed {
    const recordId = this.uuid()
    const { stream, details, annex, evidenceBy = 'producer' } = given
    const salt = Buffer.alloc(32, this.#counter)
    const annexBytes = annex && Buffer.from(referenceAnnex(toAttributes(annex)))
    const annexHash = annexBytes ? sha256(Buffer.concat([salt, annexBytes])) : null
    const prevHash = stream?.hash ?? null
    if (stream) stream.sequence += 1
    const nanos = (START_MICROS + BigInt(this.#counter)) * 1_000n + 7n
    const texts: Partial<Record<TextColumn, string>> = {
      event_name: given.eventName ?? 'claim.paid',
      actor_id: given.actor ?? 'user-1',
      actor_type: 'user',
      action: given.action ?? 'PAY',
      outcome: 'success',
      service_name: 'rewards-api',
      evidence_format: 'telltale/1',
      ...(stream && { stream_id: stream.id }),
      details: toJsonb(details ?? {}),
      attributes: '{}',
      resource: '{"service.name": "rewards-api"}',
    }
    const evidence = referenceEvidence({
      resource: { attributes: textOf('service.name', 'rewards-api') },
      scope: {},
      record: {
        eventName: texts.event_name!,
        timeUnixNano: String(nanos),
        attributes: [
          ...textOf('audit.record.id', recordId),
          ...textOf('audit.actor.id', texts.actor_id),
          ...textOf('audit.actor.type', texts.actor_type),
          ...textOf('audit.action', texts.action),
          ...textOf('audit.outcome', texts.outcome),
          ...textOf('audit.annex.hash', annexHash ?? undefined),
          ...(details
            ? [{ key: 'audit.details', value: { kvlistValue: { values: toAttributes(details) } } }]
            : []),
          ...textOf('audit.stream.id', stream?.id),
          ...(stream
            ? [{ key: 'audit.sequence.number', value: { intValue: String(stream.sequence) } }]
            : []),
          ...textOf('audit.sequence.prev_hash', prevHash ?? undefined),
        ],
      },
    })
    const hash = sha256(evidence)
    if (stream) stream.hash = hash
    return {
      recordId,
      hash,
      evidence: Buffer.from(evidence),
      evidenceBy,
      ingestedBy: 'rewards',
      occurredAt: nanos / 1_000n,
      occurredUnixNano: nanos,
      sequenceNumber: stream ? BigInt(stream.sequence) : null,
      prevHash,
      annexHash,
      texts: TEXT_COLUMNS.map((name) => texts[name] ?? null),
      annex: annexBytes ? { salt, bytes: annexBytes, details: toJsonb(annex) } : null,
    }
  }

  /** Seals rows as one transaction would, a second after the last one. */
  seal(
    sealer: string,
    records: readonly Unsealed[],
    others: {
      /** Later records under ids that are stored. */
      readonly conflicts?: readonly (Unsealed & { readonly storedHash: string })[]
      readonly quarantine?: readonly {
        raw: Buffer
        stream?: string
        sequence?: number
        evidence?: Buffer
      }[]
    } = {},
  ): number {
    const { rows } = this
    rows.now += SECOND_MICROS
    const recordedAt = rows.now
    const seal = rows.seals.filter((each) => each.sealer === sealer).length
    const leaves: Buffer[] = []
    const place = () => ({ sealer, seal, leaf: leaves.length })
    for (const row of records.toSorted((a, b) => (a.recordId < b.recordId ? -1 : 1))) {
      rows.records.push({ ...row, place: place(), recordedAt })
      leaves.push(leafOfRow(row))
    }
    for (const row of others.conflicts ?? []) {
      const { recordId, hash, evidence, storedHash, ingestedBy } = row
      rows.conflicts.push({
        place: place(),
        recordId,
        hash,
        storedHash,
        evidence,
        evidenceBy: 'producer',
        evidenceFormat: 'telltale/1',
        ingestedBy,
        recordedAt,
      })
      const [own, stored] = [Buffer.from(hash, 'hex'), Buffer.from(storedHash, 'hex')]
      leaves.push(
        referenceLeaf(
          referenceEntry({
            table: 'conflicts',
            recordId,
            hash: own,
            storedHash: stored,
            evidenceBy: 'producer',
            ingestedBy,
          }),
        ),
      )
    }
    for (const { raw, stream, sequence, evidence } of others.quarantine ?? []) {
      const reason = '"audit.actor.id" is missing'
      rows.quarantine.push({
        place: place(),
        rawHash: sha256(raw),
        raw,
        reason,
        ingestedBy: null,
        recordedAt,
        stream: stream ?? null,
        sequence: sequence === undefined ? null : BigInt(sequence),
        evidence: evidence ?? null,
        hash: evidence ? sha256(evidence) : null,
      })
      leaves.push(
        referenceLeaf(referenceEntry({ table: 'quarantine', raw, ingestedBy: null, reason })),
      )
    }
    const leafCount = leaves.length
    const root = referenceRoot(leaves)
    rows.seals.push({ sealer, seal, leafCount, recordedAt, root, leaves: Buffer.concat(leaves) })
    return seal
  }

  /** Signs a sealer's log as it is now. */
  checkpoint(sealer: string, state: 'open' | 'closed' = 'open'): void {
    const log = this.rows.seals.filter((each) => each.sealer === sealer)
    const root = referenceRoot(
      log.map((each) =>
        referenceLeaf(
          Buffer.from(
            referenceSeal({
              sealerId: sealer,
              number: each.seal,
              leaves: split(each.leaves),
              recordedAtMicros: each.recordedAt,
            }),
          ),
        ),
      ),
    )
    this.note(sealer, log.length, root, state)
  }

  /** Signs whatever is given. */
  note(
    sealer: string,
    size: number,
    root: Buffer,
    state: 'open' | 'closed' = 'open',
    by: { readonly name: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject } = {
      name: this.keyName,
      privateKey: this.#privateKey,
      publicKey: this.publicKey,
    },
  ): void {
    const { checkpoints, now } = this.rows
    const time = new Date(Number(now / 1_000n)).toISOString()
    const previous = this.#previous.get(sealer) ?? '-'
    const text = `telltale/${sealer}\n${size}\n${root.toString('base64')}\nprevious ${previous}\ntime ${time}\ninterval 5\nstate ${state}\n`
    const signature = sign(null, Buffer.from(text), by.privateKey)
    const id = checkpointKeyId(by.name, by.publicKey)
    const note = `${text}\n— ${by.name} ${Buffer.concat([id, signature]).toString('base64')}\n`
    this.#previous.set(sealer, createHash('sha256').update(note).digest('base64'))
    const line = checkpoints.filter((each) => each.sealer === sealer).length + 1
    checkpoints.push({
      file: `${sealer}.jsonl`,
      line,
      sealer,
      note,
    })
  }
}

/** The leaf of a row of `audit.records`. */
export function leafOfRow(
  row: Pick<RecordRow, 'recordId' | 'hash' | 'evidenceBy' | 'ingestedBy'>,
): Buffer {
  return referenceLeaf(
    referenceEntry({
      table: 'records',
      recordId: row.recordId,
      hash: Buffer.from(row.hash, 'hex'),
      evidenceBy: row.evidenceBy as 'producer' | 'collector',
      ingestedBy: row.ingestedBy,
    }),
  )
}

/** The leaves of a seal, one by one. */
export function split(leaves: Buffer): Buffer[] {
  return Array.from({ length: leaves.length / 32 }, (_, index) =>
    leaves.subarray(index * 32, index * 32 + 32),
  )
}

function toAttributes(values: Readonly<Record<string, string | number | boolean>>): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : { intValue: String(value) },
  }))
}

function toJsonb(values: Readonly<Record<string, string | number | boolean>>): string {
  const members = Object.entries(values).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  )
  return `{${members.join(', ')}}`
}

function textOf(key: string, value: string | undefined): KeyValue[] {
  return value === undefined ? [] : [{ key, value: { stringValue: value } }]
}
