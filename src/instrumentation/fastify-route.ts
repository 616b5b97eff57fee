import { context } from '@opentelemetry/api'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { hasRoute, setRoute } from '../propagation/propagation.ts'

/** What Fastify 5 says on its channel for each request that a route handles. */
interface HandlerMessage {
  readonly route?: { readonly url?: string }
}

/** What Fastify says for each instance that is made. */
interface InitializationMessage {
  readonly fastify?: {
    readonly version?: string
    addHook?(
      name: 'onRequest',
      hook: (request: FastifyRequest, reply: unknown, done: () => void) => void,
    ): void
  }
}

interface FastifyRequest {
  readonly is404?: boolean
  readonly routeOptions?: { readonly url?: string | undefined }
}

const HANDLER_CHANNEL = 'tracing:fastify.request.handler:start'
const INITIALIZATION_CHANNEL = 'fastify.initialization'

/**
 * Gives the SERVER span of a Fastify request, and its duration metric, the route's template: `/quizzes/:id/claim`.
 *
 * Each instance gets a hook that comes before all others: a request that one of them refuses has its route too. Instances that
 * were made before this are left with the channel that Fastify 5 has for its handlers.
 *
 * @returns stops listening
 * @see https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks
 */
export function listenToFastifyRoutes(): () => void {
  subscribe(HANDLER_CHANNEL, onHandler)
  subscribe(INITIALIZATION_CHANNEL, onInitialization)
  return () => {
    unsubscribe(HANDLER_CHANNEL, onHandler)
    unsubscribe(INITIALIZATION_CHANNEL, onInitialization)
  }
}

function onHandler(message: unknown): void {
  if (!hasRoute(context.active())) found((message as HandlerMessage).route?.url)
}

function onInitialization(message: unknown): void {
  const { fastify } = message as InitializationMessage
  if (!fastify?.version || !/^[45]\./.test(fastify.version)) return
  fastify.addHook?.('onRequest', (request, _reply, done) => {
    found(fastifyRouteOf(request))
    done()
  })
}

/** The template of the route that a request of Fastify matched. */
export function fastifyRouteOf({ is404, routeOptions }: FastifyRequest): string | undefined {
  return is404 ? undefined : routeOptions?.url
}

function found(url: string | undefined): void {
  if (url) setRoute(context.active(), url)
}
