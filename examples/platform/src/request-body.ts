import type { Context } from 'hono'
import { z } from 'zod'

/** What the caller sent cannot be used; the message is for them. */
export class BadRequestError extends Error {
  override readonly name = 'BadRequestError'
}

/** Reads a body as JSON. @throws {BadRequestError} when it is none, or not what is expected */
export async function readBody<Body>(c: Context, expected: z.ZodType<Body>): Promise<Body> {
  const body: unknown = await c.req.json().catch((cause: unknown) => {
    // A connection that breaks off is no mistake of theirs.
    if (!(cause instanceof SyntaxError)) throw cause
    throw new BadRequestError('the body is no JSON', { cause })
  })
  const { data, error } = expected.safeParse(body)
  if (error) throw new BadRequestError(z.prettifyError(error))
  return data
}
