import { setTimeout as sleep } from 'node:timers/promises'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import { createUuidV7 } from '../../../examples/rewards-api/src/uuid-v7.ts'
import { encode, type Field, type Value } from './protobuf.ts'

/** A key, which need not be text, and an AnyValue of one of {@link any}'s kinds. */
export type Attribute = readonly [key: string | Uint8Array, value: readonly Field[]]

/** An audit record of the plain kind, as it is without evidence; everything may be overridden. */
export interface RawRecord {
  readonly mark: string
  /** Default a new UUIDv7; `undefined` leaves the attribute out. */
  readonly id?: string | undefined
  readonly timeUnixNano?: bigint
  readonly eventName?: string | Uint8Array
  /** After the mandatory ones. */
  readonly attributes?: readonly Attribute[]
  readonly body?: readonly Field[]
}

/** AnyValue, by its kinds. */
export const any = {
  text: (value: string | Uint8Array): readonly Field[] => [[1, value]],
  bool: (value: boolean): readonly Field[] => [[2, value]],
  int: (value: bigint): readonly Field[] => [[3, value]],
  double: (value: number): readonly Field[] => [[4, { double: value }]],
  list: (values: readonly (readonly Field[])[]): readonly Field[] => [
    [5, values.map((value): Field => [1, value])],
  ],
  map: (attributes: readonly Attribute[]): readonly Field[] => [[6, attributes.map(keyValue)]],
  bytes: (value: Uint8Array): readonly Field[] => [[7, value]],
  empty: (): readonly Field[] => [],
}

/** An OTLP request with these records. */
export function toRequest(service: string, records: readonly RawRecord[]): Buffer {
  const resource: Value = [keyValue(['service.name', any.text(service)])]
  return encode([
    [
      1,
      [
        [1, resource],
        [2, records.map((record): Field => [2, logRecord(record)])],
      ],
    ],
  ])
}

const ANSWER_WITHIN_MILLIS = 60_000

/**
 * Posts a request to the audit endpoint until it is accepted or refused for good.
 *
 * @returns the last status; 200 means committed
 */
export async function postUntilAnswered(
  { auditOtlp, auditToken }: StackAddresses,
  body: Uint8Array<ArrayBuffer>,
): Promise<number> {
  const deadline = performance.now() + ANSWER_WITHIN_MILLIS
  for (;;) {
    const response = await fetch(`${auditOtlp}/v1/logs`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        authorization: `Bearer ${auditToken}`,
      },
      body,
    })
    await response.arrayBuffer()
    const isFinal = response.status < 500 && response.status !== 429
    if (isFinal || performance.now() > deadline) return response.status
    await sleep(500)
  }
}

function logRecord(record: RawRecord): readonly Field[] {
  const { mark, timeUnixNano, eventName = 'data_endured', attributes = [], body } = record
  const id = 'id' in record ? record.id : createUuidV7()
  const mandatory: Record<string, string | undefined> = {
    'audit.record.id': id,
    'audit.actor.id': 'faults',
    'audit.actor.type': 'service',
    'audit.action': 'endure',
    'audit.outcome': 'success',
    'audit.target.id': mark,
  }
  const own = Object.entries(mandatory).flatMap(([key, value]): Attribute[] =>
    value === undefined ? [] : [[key, any.text(value)]],
  )
  const fields: Field[] = [[1, { fixed64: timeUnixNano ?? BigInt(Date.now()) * 1_000_000n }]]
  if (body) fields.push([5, body])
  for (const attribute of [...own, ...attributes]) fields.push([6, keyValue(attribute)[1]])
  fields.push([12, eventName])
  return fields
}

/** As field 1, where lists of attributes have theirs. */
function keyValue([key, value]: Attribute): Field {
  return [
    1,
    [
      [1, key],
      [2, value],
    ],
  ]
}
