interface JsonTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { spans: unknown[] }[] }[]
}

/** How many spans an OTLP trace request holds. */
export function countSpans(body: Buffer, isJson: boolean): number {
  if (!isJson) return countFields(body, [1, 2, 2])
  const traces = JSON.parse(body.toString('utf8')) as JsonTraces
  return traces.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0)
}

/**
 * Counts the messages at a path of field numbers in a protobuf message.
 *
 * Traces are field 1 (resource_spans), 2 (scope_spans), 2 (spans).
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
function countFields(message: Buffer, path: readonly number[]): number {
  const [field, ...rest] = path
  if (field === undefined) return 1
  let count = 0
  let position = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message[position++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (position < message.length) {
    const tag = varint()
    const wireType = tag % 8
    if (wireType === 0) varint()
    else if (wireType === 1) position += 8
    else if (wireType === 5) position += 4
    else {
      const length = varint()
      if (tag >> 3 === field) {
        count += countFields(message.subarray(position, position + length), rest)
      }
      position += length
    }
  }
  return count
}
