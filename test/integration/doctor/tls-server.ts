import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSelfSigned } from '../../support/self-signed.ts'

/** Starts an https server whose certificate nobody has signed but itself; answers with its URL. */
export async function startTlsServer(using: AsyncDisposableStack): Promise<string> {
  const { key, certificate } = await createSelfSigned()
  const server = createServer({ key, cert: certificate }, (_request, response) =>
    response.end('{}'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  using.defer(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}
