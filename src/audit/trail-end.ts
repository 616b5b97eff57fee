import type { MadeRecord } from './made-record.ts'

/** What a `telltale.audit.trail.stopped` says: its own stream has ended, or that another one was found without an end. */
export type TrailEnd = { readonly clean: true } | { readonly clean: false; readonly stream: string }

export const TRAIL_STOPPED = 'telltale.audit.trail.stopped'

/** Reads the end of a stream from a record; nothing when it is about something else. */
export function readTrailEnd({ eventName, evidence }: MadeRecord): TrailEnd | undefined {
  if (eventName !== TRAIL_STOPPED) return undefined
  const details = readDetails(evidence)
  if (details?.get('clean')?.boolValue === true) return { clean: true }
  const stream = details?.get('stream')?.stringValue
  return stream === undefined ? undefined : { clean: false, stream }
}

interface EvidenceValue {
  readonly boolValue?: boolean
  readonly stringValue?: string
  readonly kvlistValue?: { readonly values?: readonly EvidenceMember[] }
}

interface EvidenceMember {
  readonly key?: string
  readonly value?: EvidenceValue
}

function readDetails(evidence: Uint8Array): ReadonlyMap<string, EvidenceValue> | undefined {
  try {
    const { attributes } = JSON.parse(Buffer.from(evidence).toString('utf8')) as {
      attributes?: readonly EvidenceMember[]
    }
    const details = attributes?.find(({ key }) => key === 'audit.details')?.value?.kvlistValue
    return new Map(
      details?.values?.flatMap(({ key, value }) => (key && value ? [[key, value]] : [])),
    )
  } catch {
    // Whatever it is, it is no end of ours; it is delivered like any other record.
    return undefined
  }
}
