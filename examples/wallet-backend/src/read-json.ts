import type { IncomingMessage } from 'node:http'

const MAX_BODY_BYTES = 100_000

/** Nobody's body is that long. */
export class BodyTooLongError extends Error {
  override readonly name = 'BodyTooLongError'
}

/** Reads a body as a JSON object; what is none is taken for an empty one. @throws {BodyTooLongError} */
export async function readJson(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Read to its end all the same: who stops in the middle cannot answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  if (bytes > MAX_BODY_BYTES) throw new BodyTooLongError()
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
    return typeof body === 'object' && body !== null ? { ...body } : {}
  } catch {
    return {}
  }
}
