import { createHash } from 'node:crypto'

/** What a record's evidence says of its place. */
export interface EvidencePlace {
  readonly streamId: string
  readonly sequence: number
  readonly previousHash: string
  readonly hash: string
  readonly eventName: string
  readonly details: Readonly<Record<string, unknown>>
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: string
  readonly boolValue?: boolean
  readonly kvlistValue?: { readonly values: readonly { key: string; value: Value }[] }
}

/** Reads the place from evidence of the format `telltale/1`. */
export function readPlace(evidence: Uint8Array): EvidencePlace {
  const { attributes, eventName } = JSON.parse(Buffer.from(evidence).toString('utf8')) as {
    attributes: { key: string; value: Value }[]
    eventName: string
  }
  const values = new Map(attributes.map(({ key, value }) => [key, value]))
  const details = values.get('audit.details')?.kvlistValue?.values ?? []
  return {
    streamId: values.get('audit.stream.id')?.stringValue ?? '',
    sequence: Number(values.get('audit.sequence.number')?.intValue),
    previousHash: values.get('audit.sequence.prev_hash')?.stringValue ?? '',
    hash: createHash('sha256').update(evidence).digest('hex'),
    eventName,
    details: Object.fromEntries(details.map(({ key, value }) => [key, toPlain(value)])),
  }
}

function toPlain(value: Value): unknown {
  return value.intValue === undefined
    ? (value.stringValue ?? value.boolValue)
    : Number(value.intValue)
}

/**
 * What is wrong with the chains of these records: gaps, forks, broken links, a stream that does not begin with its start.
 * Empty when everything is as it must be.
 *
 * @param missing - numbers that may be missing, as `stream sequence`: parked, or lost with the disk
 */
export function faultsOfStreams(
  evidences: Iterable<Uint8Array>,
  missing: ReadonlySet<string> = new Set(),
): string[] {
  const faults: string[] = []
  const streams = new Map<string, EvidencePlace[]>()
  for (const evidence of evidences) {
    const place = readPlace(evidence)
    streams.set(place.streamId, [...(streams.get(place.streamId) ?? []), place])
  }
  for (const [streamId, places] of streams) {
    let previous = { sequence: 0, hash: createHash('sha256').digest('hex') }
    let known = true
    for (const place of places.toSorted((a, b) => a.sequence - b.sequence)) {
      if (place.sequence === previous.sequence) {
        faults.push(`${streamId} has ${place.sequence} twice`)
        continue
      }
      for (let gap = previous.sequence + 1; gap < place.sequence; gap += 1) {
        known = false
        if (!missing.has(`${streamId} ${gap}`)) faults.push(`${streamId} lacks ${gap}`)
      }
      if (known && place.previousHash !== previous.hash) {
        faults.push(`${streamId} is broken before ${place.sequence}`)
      }
      if (place.sequence === 1 && place.eventName !== 'telltale.audit.trail.started') {
        faults.push(`${streamId} does not begin with its start`)
      }
      known = true
      previous = place
    }
  }
  return faults
}
