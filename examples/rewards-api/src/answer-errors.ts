import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { Redis } from 'ioredis'
import { audit, AuditError } from 'telltale'
import { z } from 'zod'
import { authenticationFailed } from './audit-events.ts'
import { AuthenticationError } from './authentication.ts'
import { ChainError } from './chain-client.ts'
import { Refusal } from './refusal.ts'
import { findSession } from './sessions.ts'

/** Says which failure becomes which answer, and what is said of it here. */
export function answerErrors(app: FastifyInstance, redis: Redis): void {
  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    if (error instanceof AuthenticationError) {
      await reportFailedAuthentication(request, redis, error)
      return reply.code(401).send({ error: 'unauthorized' })
    }
    if (error instanceof Refusal) {
      return reply.code(error.statusCode).send({ error: error.message })
    }
    if (error instanceof z.ZodError) {
      return reply.code(400).send({ error: z.prettifyError(error) })
    }
    if (error instanceof ChainError) {
      request.log.error({ err: error }, 'the chain did not do it')
      return reply.code(error.statusCode).send({ error: 'the chain did not do it' })
    }
    if (error instanceof AuditError) {
      request.log.error({ err: error, code: error.code }, 'the audit trail did not take the record')
      return reply.code(503).header('retry-after', '1').send({ error: 'please send this again' })
    }
    if (error.statusCode !== undefined && error.statusCode < 500) return reply.send(error)
    request.log.error({ err: error }, 'a part of this service is not available')
    return reply.code(503).header('retry-after', '1').send({ error: 'please send this again' })
  })
}

async function reportFailedAuthentication(
  request: FastifyRequest,
  redis: Redis,
  { reason, identity }: AuthenticationError,
): Promise<void> {
  const stellarAddress = identity && (await findAddress(request, redis, identity))
  // A token that was not accepted proves no name, whatever it says.
  const userId = identity?.userId ?? 'anonymous'
  // A field that is always there can be searched for and counted.
  const fields = { ip: request.ip, userId, stellarAddress: stellarAddress ?? 'unknown', reason }
  request.log.warn(fields, 'authentication failed')
  try {
    await audit.record(authenticationFailed, {
      actor: { id: userId, type: 'user' },
      outcome: 'failure',
      target: { id: request.routeOptions.url ?? 'not_found' },
      details: { reason, stellarAddress },
    })
  } catch (error) {
    // Nothing was granted, so the answer stays 401.
    request.log.error({ err: error }, 'the audit trail did not take the record')
  }
}

/** The wallet that somebody would have acted for, if they are still logged in. */
async function findAddress(
  request: FastifyRequest,
  redis: Redis,
  identity: NonNullable<AuthenticationError['identity']>,
): Promise<string | undefined> {
  try {
    return (await findSession(redis, identity))?.stellarAddress
  } catch (error) {
    request.log.warn({ err: error }, 'the session was not looked up')
    return undefined
  }
}
