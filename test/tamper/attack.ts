import type { Client } from 'pg'
import type { TrailCopy } from './trail-copy.ts'

/** Where a problem of the verdict lies, as far as it can be known; see docs/design/audit.md, section 9. */
export interface Place {
  readonly rule?: string
  readonly recordId?: string
  readonly stream?: string
  readonly sequence?: number
  readonly sealer?: string
  readonly seal?: number
  readonly leaf?: number
}

/** One row of `audit.records` in the filled trail, before anybody touched it. */
export interface StoredRecord {
  readonly recordId: string
  readonly eventName: string
  readonly serviceName: string
  readonly streamId: string
  readonly sequence: number
  readonly sealer: string
  readonly seal: number
  readonly leaf: number
  readonly partition: string
}

/** What an attacker has done. */
export interface Deed {
  /** Where the verdict must point first: any one of these. */
  readonly first: readonly Place[]
  /** Further arguments for `telltale audit verify`. */
  readonly verifyArguments?: readonly string[]
}

/** An attack on a copy of the filled trail. */
export interface Attack {
  readonly name: string
  readonly as: 'owner' | 'superuser'
  /** Does it, connected as the attacker; an error of PostgreSQL means that it was refused. */
  readonly commit: (copy: TrailCopy, client: Client) => Promise<Deed>
}

/** Where a record stands, in every way in which a verdict may name it. */
export function at(record: StoredRecord): readonly Place[] {
  const { recordId, streamId, sequence, sealer, seal, leaf } = record
  return [{ recordId }, { sealer, seal, leaf }, { stream: streamId, sequence }]
}

/** Says whether a verdict's first problem is at one of these places. */
export function isAt(problem: Place | undefined, places: readonly Place[]): boolean {
  if (!problem) return false
  return places.some((place) =>
    Object.entries(place).every(([key, value]) => problem[key as keyof Place] === value),
  )
}
