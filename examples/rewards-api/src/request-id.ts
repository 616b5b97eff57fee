import type { IncomingMessage } from 'node:http'

/** What may stand in logs, spans and audit records as it is. */
const USABLE = /^[\w.~:/+=@-]{1,128}$/

/**
 * Chooses the id of a request: the caller's, if it is usable, or a new one.
 *
 * Fastify asks for it before any hook runs. Put into the header it is the id that everybody finds: pino's lines, the spans, the
 * audit records and the answer have the same one.
 */
export function chooseRequestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  const id = typeof given === 'string' && USABLE.test(given) ? given : crypto.randomUUID()
  headers['x-request-id'] = id
  return id
}
