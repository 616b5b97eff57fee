import { fastifyRouteOf } from '../instrumentation/instrumentation.ts'
import { createHttpTelemetry, failRequest, type HttpOptions } from './http.ts'
import type { NodeRequest, NodeResponse } from './node-messages.ts'
import { runIn } from './run-in.ts'

/** What is used of Fastify's request. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest
  readonly is404?: boolean
  readonly routeOptions?: { readonly url?: string | undefined }
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

interface FastifyReplyLike {
  readonly raw: NodeResponse
}

type Done = () => void

/** What is used of an instance of Fastify. */
export interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: Done) => void,
  ): unknown
  addHook(
    name: 'onError',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, error: Error, done: Done) => void,
  ): unknown
}

/**
 * Follows every request of a Fastify application: `app.register(httpTelemetry, options)`, before other plug-ins.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function httpTelemetry(
  app: FastifyLike,
  options: HttpOptions<FastifyRequestLike>,
  done: Done,
): void {
  const telemetry = createHttpTelemetry(options)
  app.addHook('onRequest', (request, reply, next) => {
    const exchange = telemetry.begin(request.raw, reply.raw, request, fastifyRouteOf)
    runIn(exchange.context, next)
  })
  app.addHook('onError', (request, _reply, error, next) => {
    failRequest(request.raw, error)
    next()
  })
  done()
}

// Fastify's marks: the hooks are for the whole application, not for what is registered within this plug-in.
Object.assign(httpTelemetry, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'telltale',
})
