/** Just enough of protobuf's wire format to write OTLP that no SDK would write. */
export type Field = readonly [number: number, value: Value]

/** A length-delimited field is bytes, text or a message; a number is a varint, in the wrapper it is fixed. */
export type Value =
  | Uint8Array
  | string
  | bigint
  | boolean
  | { readonly fixed64: bigint }
  | { readonly double: number }
  | readonly Field[]

/** Encodes a message: its fields in the order given, repeated as often as they are. */
export function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([number, value]) => encodeField(number, value)))
}

function encodeField(number: number, value: Value): Buffer[] {
  if (typeof value === 'bigint') return [key(number, 0), varint(BigInt.asUintN(64, value))]
  if (typeof value === 'boolean') return [key(number, 0), varint(value ? 1n : 0n)]
  if (typeof value === 'object' && 'fixed64' in value) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value.fixed64))
    return [key(number, 1), bytes]
  }
  if (typeof value === 'object' && 'double' in value) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value.double)
    return [key(number, 1), bytes]
  }
  const bytes = toBytes(value)
  return [key(number, 2), varint(BigInt(bytes.length)), bytes]
}

function toBytes(value: Uint8Array | string | readonly Field[]): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  return value instanceof Uint8Array ? Buffer.from(value) : encode(value)
}

function key(number: number, wireType: number): Buffer {
  return varint(BigInt(number * 8 + wireType))
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
