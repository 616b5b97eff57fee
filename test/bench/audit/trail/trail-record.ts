import { hash } from 'node:crypto'

/** What a service writes down of one thing that happened; the names are those of the columns. */
export interface Happening {
  readonly eventName: string
  readonly action: string
  readonly actorId: string
  readonly actorType: 'user' | 'service' | 'system'
  readonly outcome: 'success' | 'failure'
  readonly targetType?: string
  readonly targetId?: string
  readonly sourceId?: string
  readonly sourceType?: 'ipv4'
  readonly requestId?: string
  readonly tenantId?: string
  readonly userAgent?: string
  readonly traceId?: string
  readonly spanId?: string
  /** Sorted by key. */
  readonly details: readonly (readonly [key: string, value: string | number | boolean])[]
}

/** A happening in its place, with its evidence. */
export interface TrailRecord extends Happening {
  readonly recordId: string
  readonly timeUnixMicros: number
  readonly streamId: string
  readonly sequence: number
  readonly previousHash: string
  readonly evidence: string
  /** SHA-256 of the evidence, in hexadecimal digits. */
  readonly hash: string
}

/** One producer: what all its records have in common, and where its stream stands. */
export interface Stream {
  readonly id: string
  readonly serviceName: string
  readonly resource: readonly (readonly [key: string, value: string])[]
  readonly resourceText: string
  sequence: number
  previousHash: string
}

/** SHA-256 of nothing, which the first record of a stream names. */
const GENESIS = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** A stream that has no record yet. */
export function startStream(id: string, serviceName: string): Stream {
  const resource = [
    ['deployment.environment.name', 'production'],
    ['host.name', `${serviceName}-0`],
    ['service.instance.id', id],
    ['service.name', serviceName],
    ['service.version', '1.4.2'],
  ] as const
  return {
    id,
    serviceName,
    resource,
    resourceText: `{"attributes":${toList(resource)}}`,
    sequence: 0,
    previousHash: GENESIS,
  }
}

/** In the order of the keys, which is the order in which the evidence has them. */
const ATTRIBUTES = (
  [
    ['audit.action', 'action'],
    ['audit.actor.id', 'actorId'],
    ['audit.actor.type', 'actorType'],
    ['audit.details', 'details'],
    ['audit.outcome', 'outcome'],
    ['audit.record.id', 'recordId'],
    ['audit.request.id', 'requestId'],
    ['audit.schema.version', 'schemaVersion'],
    ['audit.sequence.number', 'sequence'],
    ['audit.sequence.prev_hash', 'previousHash'],
    ['audit.source.id', 'sourceId'],
    ['audit.source.type', 'sourceType'],
    ['audit.stream.id', 'streamId'],
    ['audit.target.id', 'targetId'],
    ['audit.target.type', 'targetType'],
    ['tenant_id', 'tenantId'],
    ['user_agent.original', 'userAgent'],
  ] as const
).map(([key, field]) => ({ field, prefix: `{"key":"${key}","value":` }))

/** The version of the records' schema that all of them state. */
export const SCHEMA_VERSION = '1'

/** The next record of a stream; docs/design/audit.md, section 2, with a writer of its own so that it also checks others. */
export function appendTo(
  stream: Stream,
  happening: Happening,
  recordId: string,
  timeUnixMicros: number,
): TrailRecord {
  stream.sequence += 1
  const placed = {
    ...happening,
    recordId,
    timeUnixMicros,
    streamId: stream.id,
    sequence: stream.sequence,
    previousHash: stream.previousHash,
    schemaVersion: SCHEMA_VERSION,
  }
  const evidence = toEvidence(placed, stream)
  const digest = hash('sha256', evidence)
  stream.previousHash = digest
  return { ...placed, evidence, hash: digest }
}

function toEvidence(
  record: Omit<TrailRecord, 'evidence' | 'hash'> & { schemaVersion: string },
  { resourceText }: Stream,
): string {
  let text = ''
  for (const { field, prefix } of ATTRIBUTES) {
    const value = record[field]
    if (value === undefined) continue
    const tagged =
      typeof value === 'object' ? `{"kvlistValue":{"values":${toList(value)}}}` : toAnyValue(value)
    text += `${text === '' ? '' : ','}${prefix}${tagged}}`
  }
  const { eventName, spanId, traceId, timeUnixMicros } = record
  return (
    `{"attributes":[${text}],"eventName":${JSON.stringify(eventName)},"format":"telltale/1","resource":${resourceText}` +
    `${spanId ? `,"spanId":"${spanId}"` : ''},"timeUnixNano":"${timeUnixMicros}000"` +
    `${traceId ? `,"traceId":"${traceId}"` : ''}}`
  )
}

function toList(
  attributes: readonly (readonly [key: string, value: string | number | boolean])[],
): string {
  return `[${attributes.map(([key, value]) => `{"key":"${key}","value":${toAnyValue(value)}}`).join(',')}]`
}

/** Numbers are whole here. */
function toAnyValue(value: string | number | boolean): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`
  return typeof value === 'number' ? `{"intValue":"${value}"}` : `{"boolValue":${value}}`
}
