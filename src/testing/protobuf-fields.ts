/** Fields of a protobuf message by number, as far as OTLP's messages need it. */
export type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>

/** Reads one message; nested ones come as bytes. */
export function readMessage(bytes: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('the message ends within a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('the message ends within a field')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const kind = tag & 7
    let value: Buffer | bigint
    if (kind === 0) value = varint()
    else if (kind === 1) value = take(8).readBigUInt64LE()
    else if (kind === 2) value = take(Number(varint()))
    else if (kind === 5) value = BigInt(take(4).readUInt32LE())
    else throw new Error(`no field has the wire type ${kind}`)
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value])
  }
  return fields
}
