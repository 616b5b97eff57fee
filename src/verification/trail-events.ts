import type { Columns } from './columns.ts'
import type { Evidence, EvidenceValue } from './evidence.ts'

/** What records of the trail say about the trail itself, as far as a verdict needs it. */
export type TrailEvent =
  | { readonly kind: 'end'; readonly stream: string; readonly last: number; readonly torn: boolean }
  | {
      readonly kind: 'parked'
      readonly stream: string
      readonly sequence: number
      readonly hash: string | null
    }
  | { readonly kind: 'erased'; readonly recordId: string }
  | { readonly kind: 'retained'; readonly partition: string; readonly digest: string }

const PREFIX = 'telltale.audit.'

/** Reads what a record says of the trail; nothing for all the others. */
export function toTrailEvent(evidence: Evidence, columns: Columns): TrailEvent | undefined {
  if (!evidence.eventName?.startsWith(PREFIX)) return undefined
  const details = detailsOf(evidence)
  switch (evidence.eventName.slice(PREFIX.length)) {
    case 'trail.stopped':
      return toEnd(details, columns)
    case 'record.parked': {
      const [stream, sequence] = [textOf(details, 'stream'), numberOf(details, 'sequence')]
      if (stream === undefined || sequence === undefined) return undefined
      return { kind: 'parked', stream, sequence, hash: textOf(details, 'hash') ?? null }
    }
    case 'record.erased': {
      const recordId = textOf(details, 'recordId')
      return recordId === undefined ? undefined : { kind: 'erased', recordId }
    }
    case 'partition.retained': {
      const [partition, digest] = [textOf(details, 'partition'), textOf(details, 'digest')]
      if (partition === undefined || digest === undefined) return undefined
      return { kind: 'retained', partition, digest }
    }
    default:
      return undefined
  }
}

function toEnd(
  details: ReadonlyMap<string, EvidenceValue>,
  columns: Columns,
): TrailEvent | undefined {
  if (details.get('clean')?.boolValue === false) {
    const [stream, last] = [textOf(details, 'stream'), numberOf(details, 'lastSequence')]
    if (stream === undefined || last === undefined) return undefined
    return { kind: 'end', stream, last, torn: (numberOf(details, 'skippedBytes') ?? 0) > 0 }
  }
  const stream = columns.texts.stream_id
  if (stream === null || columns.sequenceNumber === null) return undefined
  return { kind: 'end', stream, last: Number(columns.sequenceNumber), torn: false }
}

function detailsOf(evidence: Evidence): ReadonlyMap<string, EvidenceValue> {
  const details = evidence.attributes.find(({ key }) => key === 'audit.details')
  return new Map(
    (details?.value.kvlistValue?.values ?? []).map(({ key = '', value }) => [key, value]),
  )
}

function textOf(details: ReadonlyMap<string, EvidenceValue>, name: string): string | undefined {
  return details.get(name)?.stringValue
}

function numberOf(details: ReadonlyMap<string, EvidenceValue>, name: string): number | undefined {
  const { intValue, doubleValue } = details.get(name) ?? {}
  const number = Number(intValue ?? doubleValue ?? Number.NaN)
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
