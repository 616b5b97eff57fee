import { trace } from '@opentelemetry/api'
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify } from 'fastify'
import { audit, AuditError } from 'telltale'
import { authenticationFailed } from './audit-events.ts'
import { AuthenticationError, type TokenVerifier } from './authentication.ts'
import { toActor, toCaller, toOrigin } from './caller.ts'
import { ChainError } from './chain-client.ts'
import { ClaimError, type ClaimParts, claimReward } from './claims.ts'
import { endConnectionsOnClose } from './graceful-close.ts'
import { measureRequests } from './http-metrics.ts'

/** What the application is made of. */
export interface AppParts extends ClaimParts {
  readonly verifyToken: TokenVerifier
  readonly logLevel: string
}

/** Builds the application; nothing listens yet. */
export function createApp(parts: AppParts): FastifyInstance {
  const app = fastify({
    logger: { level: parts.logLevel },
    genReqId: () => crypto.randomUUID(),
  })
  measureRequests(app)
  tellTraceId(app)
  endConnectionsOnClose(app)

  app.get('/health', async () => ({ status: 'ok' }))

  app.post<{ Params: { id: string } }>('/quizzes/:id/claim', async (request) =>
    claimReward(parts, {
      quizId: request.params.id,
      identity: await parts.verifyToken(request.headers.authorization),
      caller: toCaller(request),
      log: request.log,
    }),
  )

  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    if (error instanceof AuthenticationError) {
      await reportFailedAuthentication(request, error)
      return reply.code(401).send({ error: 'unauthorized' })
    }
    if (error instanceof ClaimError) {
      return reply.code(error.statusCode).send({ error: error.message })
    }
    if (error instanceof ChainError) {
      request.log.error({ err: error }, 'the chain did not pay')
      return reply.code(error.statusCode).send({ error: 'the payment was not made' })
    }
    if (error instanceof AuditError) {
      request.log.error({ err: error, code: error.code }, 'the audit trail did not take the record')
      return reply.code(503).header('retry-after', '1').send({ error: 'please send this again' })
    }
    if (error.statusCode !== undefined && error.statusCode < 500) return reply.send(error)
    request.log.error({ err: error }, 'a part of this service is not available')
    return reply.code(503).header('retry-after', '1').send({ error: 'please send this again' })
  })
  return app
}

// So that somebody who complains can name the trace to look at.
function tellTraceId(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    const span = trace.getActiveSpan()
    if (span) reply.header('trace-id', span.spanContext().traceId)
  })
}

async function reportFailedAuthentication(
  request: FastifyRequest,
  { reason, userId }: AuthenticationError,
): Promise<void> {
  const caller = toCaller(request)
  request.log.warn({ ip: caller.ip, userId, reason }, 'authentication failed')
  try {
    await audit.record(authenticationFailed, {
      // A token that was not accepted proves no name, whatever it says.
      actor: toActor(userId ?? 'anonymous'),
      outcome: 'failure',
      target: { id: request.routeOptions.url ?? 'not_found' },
      ...toOrigin(caller),
      details: { reason },
    })
  } catch (error) {
    // Nothing was granted, so the answer stays 401.
    request.log.error({ err: error }, 'the audit trail did not take the record')
  }
}
