import express, { type Request } from 'express'
import { fastify, type FastifyRequest } from 'fastify'
import Koa from 'koa'
import {
  countRequests,
  counter,
  defineMetrics,
  gauge,
  gaugeRequests,
  histogram,
  timeRequests,
  upDownCounter,
  upTo,
  type RequestFacts,
} from '../../src/index.ts'
import { httpTelemetry as forExpress } from '../../src/http/express.ts'
import { httpTelemetry as forFastify } from '../../src/http/fastify.ts'
import { httpTelemetry as forKoa } from '../../src/http/koa.ts'

const metrics = defineMetrics({
  requests: counter({
    name: 'http_requests_total',
    description: 'Requests answered.',
    labels: { method: ['GET', 'POST'], route: upTo(200) },
  }),
  duration: histogram({
    name: 'http_request_duration_seconds',
    unit: 's',
    description: 'Time to the end of the answer.',
    buckets: [0.1, 1],
    labels: { route: upTo(200) },
  }),
  inFlight: upDownCounter({ name: 'http_requests_in_flight', description: 'Under way.' }),
  perTenant: upDownCounter({
    name: 'tenant_requests_in_flight',
    description: 'Under way.',
    labels: { tenant_id: upTo(10) },
  }),
  cost: gauge({ name: 'cost_usd', description: 'Cost.' }),
})
const byRoute = ({ route }: RequestFacts) => ({ route })

// The team's instruments are fed with the labels that they declare.
countRequests(metrics.requests, ({ route }) => ({ method: 'GET' as const, route }))
timeRequests(metrics.duration, byRoute)
gaugeRequests(metrics.inFlight)

// @ts-expect-error: the labels lack `method`
countRequests(metrics.requests, byRoute)
// @ts-expect-error: `PURGE` is not on the list
countRequests(metrics.requests, ({ route }) => ({ method: 'PURGE' as const, route }))
// @ts-expect-error: requests are not counted with a histogram
countRequests(metrics.duration, byRoute)
// @ts-expect-error: nor timed with a counter
timeRequests(metrics.requests, byRoute)
// @ts-expect-error: a gauge that is set cannot follow what begins and ends
gaugeRequests(metrics.cost)
// @ts-expect-error: what is under way has no labels before it has a route
gaugeRequests(metrics.perTenant)
// @ts-expect-error: there is no such fact
timeRequests(metrics.duration, ({ url }: RequestFacts) => ({ route: String(url) }))

// The callbacks are given the framework's own request.
void fastify().register(forFastify, { user: ({ ip }: FastifyRequest) => ip })
express().use(forExpress({ tenant: (request: Request) => request.get('x-tenant-id') }))
new Koa().use(forKoa({ user: (context: Koa.Context) => context.headers.host }))

// @ts-expect-error: an option that there is not
forExpress({ requestIdHeaders: 'x-request-id' })
// @ts-expect-error: statuses are numbers
forExpress({ securityEvents: { statuses: ['401'] } })
// @ts-expect-error: an actor is a text or a number
forExpress({ user: () => ({ id: 'ada' }) })
// @ts-expect-error: proxies are named by their addresses
forExpress({ trustedProxies: true })
