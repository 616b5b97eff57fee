import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes what Slack's incoming webhooks take. */
export interface SlackServer extends AsyncDisposable {
  /** A secret: whoever knows it can write into the channel. */
  readonly webhookUrl: string
  /** Texts of the messages, in their order. */
  readonly texts: readonly string[]
  /** From now on messages get no answer, or one again. */
  hang(isHanging: boolean): void
}

/** Starts it on a free port. */
export async function startSlackServer(): Promise<SlackServer> {
  const path = `/services/T024BE7LD/B024BE7LH/${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`
  const texts: string[] = []
  let isHanging = false
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      if (isHanging) return
      if (request.method !== 'POST' || request.url !== path) {
        response.writeHead(404).end('no_service')
        return
      }
      const { text } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { text: string }
      texts.push(text)
      response.writeHead(200).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    webhookUrl: `http://127.0.0.1:${port}${path}`,
    texts,
    hang: (now) => {
      isHanging = now
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
