import type { IncomingMessage } from 'node:http'
import { z } from 'zod'

const MAX_BODY_BYTES = 100_000

/** The body is none that can be used; the status says why. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: 400 | 413

  constructor(status: 400 | 413, message: string) {
    super(message)
    this.status = status
  }
}

/** A name or a number: PostgreSQL has no text with a NUL in it, and nobody's name is that long. */
export const Word = z.string().regex(/^[^\0]{1,100}$/)

/** Reads a body as JSON of one shape; no body is an empty object. @throws {BodyError} */
export async function readJson<Body>(
  request: IncomingMessage,
  shape: z.ZodType<Body>,
): Promise<Body> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Read to its end all the same: who stops in the middle cannot answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  if (bytes > MAX_BODY_BYTES) throw new BodyError(413, 'the body is too long')
  const { data, success } = shape.safeParse(parse(Buffer.concat(chunks).toString('utf8')))
  if (!success) throw new BodyError(400, 'the request cannot be used')
  return data
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return undefined
  }
}
