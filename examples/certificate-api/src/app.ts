import type { IncomingMessage, ServerResponse } from 'node:http'
import { audit, AuditError, getLogger, healthHandler, readyHandler, toAccessFields } from 'telltale'
import { httpTelemetry } from 'telltale/node-http'
import { z } from 'zod'
import { authenticationFailure, authorizationFailure, systemError } from './audit-events.ts'
import { type Authentication, AuthenticationError, type Caller } from './authentication.ts'
import { type CertificateParts, NotFoundError } from './certificates.ts'
import { toHealthBody } from './health-shape.ts'
import { metrics } from './metrics.ts'
import { requestFeeds } from './request-feeds.ts'
import { type Answer, BodyError, findRoute, pathOf, readJson, type Route, send } from './router.ts'
import { createRoutes, toProblems } from './routes.ts'
import { SigningRequestError } from './signing-request.ts'

/** What the application is made of. */
export interface AppParts extends CertificateParts {
  readonly authentication: Authentication
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

const log = getLogger('api')

/** The listener of the server; each request is followed to its end. */
export function createApp(parts: AppParts): Listener {
  const routes = createRoutes(parts)
  const probes: Readonly<Record<string, Listener>> = {
    '/health': healthHandler({ shape: toHealthBody }),
    '/ready': readyHandler(),
  }
  const telemetry = httpTelemetry({
    route: (request) =>
      probes[pathOf(request)] ? pathOf(request) : findRoute(routes, request)?.route.template,
    metrics: requestFeeds,
    accessLog: {
      component: 'api',
      start: true,
      format: (request) => ({ ...toAccessFields(request), message: 'request completed' }),
    },
  })
  return telemetry.handler(async (request, response) => {
    const probe = probes[pathOf(request)]
    if (probe) probe(request, response)
    else send(response, await answer(routes, parts.authentication, request))
  })
}

/** Never rejects: whatever goes wrong becomes an answer. */
async function answer(
  routes: readonly Route[],
  authentication: Authentication,
  request: IncomingMessage,
): Promise<Answer> {
  const found = findRoute(routes, request)
  if (!found) {
    log.debug('no route matches')
    return { status: 404, body: { error: 'there is nothing here' } }
  }
  const { route, id } = found
  try {
    const caller = await authentication.verify(request.headers.authorization)
    const actor = { id: caller.userId, type: 'user' } as const
    // Whatever is recorded from here on was done by them.
    return await audit.with({ actor }, async () => {
      if (!(await isAllowed(caller, route))) return { status: 403, body: { error: 'forbidden' } }
      return route.handle({ caller, id, json: async () => readJson(request) })
    })
  } catch (error) {
    return toAnswer(error, route)
  }
}

async function isAllowed({ scopes }: Caller, { scope, template }: Route): Promise<boolean> {
  if (scopes.includes(scope)) return true
  await evenUnrecorded(
    audit.record(authorizationFailure, {
      outcome: 'failure',
      target: { id: template },
      details: { scope },
    }),
  )
  return false
}

async function toAnswer(error: unknown, { template }: Route): Promise<Answer> {
  if (error instanceof AuthenticationError) {
    metrics.authenticationFailures.add(1, { reason: error.reason })
    await evenUnrecorded(
      audit.record(authenticationFailure, {
        // A token that was not accepted proves no name, whatever it says.
        actor: { id: 'anonymous', type: 'user' },
        outcome: 'failure',
        target: { id: template },
        details: { reason: error.reason },
      }),
    )
    return { status: 401, body: { error: 'unauthorized' } }
  }
  if (error instanceof NotFoundError) return { status: 404, body: { error: error.message } }
  if (error instanceof SigningRequestError) return { status: 400, body: { error: error.message } }
  if (error instanceof BodyError)
    return { status: error.statusCode, body: { error: error.message } }
  if (error instanceof z.ZodError) return toProblems(error)
  log.error('a request failed', { error, route: template })
  if (!(error instanceof AuditError)) {
    await evenUnrecorded(
      audit.record(systemError, {
        actor: { id: 'certificate-api', type: 'system' },
        outcome: 'failure',
        target: { id: template },
        details: { error: error instanceof Error ? error.message : String(error) },
      }),
    )
  }
  return { status: 503, body: { error: 'please send this again' } }
}

/** Nothing was granted and nothing was done: the answer is the same when the trail does not take the record. */
async function evenUnrecorded(recording: Promise<unknown>): Promise<void> {
  try {
    await recording
  } catch (error) {
    log.error('the audit trail did not take the record', { error })
  }
}
