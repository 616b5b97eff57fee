import type { FastifyInstance } from 'fastify'
import { metrics } from './metrics.ts'

/** Counts and times every request of the application. */
export function measureRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const labels = {
      method: request.method,
      // Whatever a scanner tries must not become a label.
      route: request.routeOptions.url ?? 'not_found',
      status_code: reply.statusCode,
    }
    metrics.requests.add(1, labels)
    metrics.requestDuration.record(reply.elapsedTime / 1_000, labels)
  })
}
