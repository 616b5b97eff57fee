import { context } from '@opentelemetry/api'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setRoute } from '../propagation/propagation.ts'

/** What Fastify 5 says on its channel for each request that a route handles. */
interface HandlerMessage {
  readonly route?: { readonly url?: string }
}

/** What Fastify says for each instance that is made; of it, what is used of version 4. */
interface InitializationMessage {
  readonly fastify?: {
    readonly version?: string
    addHook?(
      name: 'onRequest',
      hook: (request: Fastify4Request, reply: unknown, done: () => void) => void,
    ): void
  }
}

interface Fastify4Request {
  readonly is404?: boolean
  readonly routeOptions?: { readonly url?: string }
}

const HANDLER_CHANNEL = 'tracing:fastify.request.handler:start'
const INITIALIZATION_CHANNEL = 'fastify.initialization'

/**
 * Gives the SERVER span of a Fastify request, and its duration metric, the route's template: `/quizzes/:id/claim`.
 *
 * Fastify 5 has a channel for its handlers; version 4 has one for its instances only, which get a hook there.
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
  found((message as HandlerMessage).route?.url)
}

function onInitialization(message: unknown): void {
  const { fastify } = message as InitializationMessage
  if (!fastify?.version?.startsWith('4.')) return
  fastify.addHook?.('onRequest', (request, _reply, done) => {
    if (!request.is404) found(request.routeOptions?.url)
    done()
  })
}

function found(url: string | undefined): void {
  if (url) setRoute(context.active(), url)
}
