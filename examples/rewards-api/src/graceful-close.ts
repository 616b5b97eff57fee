import type { FastifyInstance } from 'fastify'

/**
 * Ends a connection with the answer to its last request once the application closes.
 *
 * Without it a client that keeps its connections open for reuse keeps the process alive as well,
 * until Fastify's keep-alive time of 72 s is over.
 */
export function endConnectionsOnClose(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close')
  })
}
