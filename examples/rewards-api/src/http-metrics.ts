import type { FastifyInstance } from 'fastify'
import { requestDuration, requests } from './metrics.ts'

/** Counts and times every request of the application. */
export function measureRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const labels = {
      method: request.method,
      // Whatever a scanner tries must not become a label.
      route: request.routeOptions.url ?? 'not_found',
      status_code: String(reply.statusCode),
    }
    requests.add(1, labels)
    requestDuration.record(reply.elapsedTime / 1_000, labels)
  })
}
