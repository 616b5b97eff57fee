import { trace } from '@opentelemetry/api'
import { type FastifyInstance, fastify, type FastifyRequest } from 'fastify'
import { countRequests, healthResponse, metricsResponse, timeRequests } from 'telltale'
import type { RequestFacts } from 'telltale'
import { httpTelemetry } from 'telltale/fastify'
import { z } from 'zod'
import { answerErrors } from './answer-errors.ts'
import type { Identity, TokenVerifier } from './authentication.ts'
import { type ClaimParts, claimReward } from './claims.ts'
import { mintCredential } from './credentials.ts'
import { endConnectionsOnClose } from './graceful-close.ts'
import { metrics } from './metrics.ts'
import { chooseRequestId } from './request-id.ts'
import { submitQuiz } from './submissions.ts'

/** What the application is made of. */
export interface AppParts extends ClaimParts {
  readonly verifyToken: TokenVerifier
  readonly logLevel: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking, once that is proven. */
    identity: Identity | null
  }
}

const Answers = z.object({ answers: z.array(z.string().max(10)).max(100) })

/** Builds the application; nothing listens yet. */
export function createApp(parts: AppParts): FastifyInstance {
  const app = fastify({
    logger: { level: parts.logLevel },
    genReqId: chooseRequestId,
    requestIdLogLabel: 'request_id',
  })
  app.decorateRequest('identity', null)
  app.register(httpTelemetry, {
    user: (request) => (request as FastifyRequest).identity?.userId,
    metrics: [
      countRequests(metrics.requests, toLabels),
      timeRequests(metrics.requestDuration, toLabels),
    ],
    // Whatever a scanner tries must not become a label.
    unmatchedRoute: 'not_found',
    // Fastify has pino write both.
    accessLog: false,
    errorLog: false,
  })
  tellTraceId(app)
  endConnectionsOnClose(app)
  addProbes(app)
  addRoutes(app, parts)
  answerErrors(app, parts.redis)
  return app
}

function addRoutes(app: FastifyInstance, parts: AppParts): void {
  const authenticate = async (request: FastifyRequest): Promise<Identity> =>
    (request.identity = await parts.verifyToken(request.headers.authorization))

  app.post<{ Params: { id: string } }>('/quizzes/:id/submissions', async (request, reply) => {
    const identity = await authenticate(request)
    const { answers } = Answers.parse(request.body)
    const { log } = request
    const answer = await submitQuiz(parts, { quizId: request.params.id, answers, identity, log })
    return reply.code(201).send(answer)
  })
  app.post<{ Params: { id: string } }>('/quizzes/:id/claim', async (request) => {
    const identity = await authenticate(request)
    return claimReward(parts, { quizId: request.params.id, identity, log: request.log })
  })
  app.post<{ Params: { id: string } }>('/courses/:id/credentials', async (request) => {
    const identity = await authenticate(request)
    return mintCredential(parts, { courseId: request.params.id, identity, log: request.log })
  })
}

/** What monitors ask for; they ask so often that their requests are not logged. */
function addProbes(app: FastifyInstance): void {
  app.get('/health', { logLevel: 'warn' }, async (_request, reply) => {
    const { status, headers, body } = healthResponse()
    return reply.code(status).headers(headers).send(body)
  })
  app.get('/metrics', { logLevel: 'warn' }, async (_request, reply) => {
    const { status, headers, body } = await metricsResponse()
    return reply.code(status).headers(headers).send(body)
  })
}

// So that somebody who complains can name the trace to look at.
function tellTraceId(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    const span = trace.getActiveSpan()
    if (span) reply.header('trace-id', span.spanContext().traceId)
  })
}

function toLabels({ method, route, status }: RequestFacts): {
  method: string
  route: string
  status_code: number
} {
  return { method, route, status_code: status }
}
