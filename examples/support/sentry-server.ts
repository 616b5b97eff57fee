import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** An event as Sentry gets it. */
export interface ReceivedEvent {
  readonly level: string
  readonly message?: string
  readonly exception: {
    readonly values: readonly {
      readonly type: string
      readonly value: string
      readonly stacktrace?: { readonly frames: readonly object[] }
    }[]
  }
  readonly contexts: { readonly trace?: { readonly trace_id: string } }
  readonly tags: Readonly<Record<string, string>>
  readonly [member: string]: unknown
}

/** Takes what Sentry takes: envelopes of events, under the key of its DSN. */
export interface SentryServer extends AsyncDisposable {
  readonly dsn: string
  readonly events: readonly ReceivedEvent[]
  /** From now on it answers with this status, and for 429 asks to wait a minute. */
  answerWith(status: number): void
  /** Envelopes that came, those that were refused included. */
  requests(): number
}

const KEY = 'b4a4f3d0c1e2'
const PROJECT = 42

/**
 * Starts it on a free port.
 *
 * @see https://develop.sentry.dev/sdk/data-model/envelopes/
 */
export async function startSentryServer(): Promise<SentryServer> {
  const events: ReceivedEvent[] = []
  let [status, requests] = [200, 0]
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests += 1
      const url = new URL(request.url ?? '/', 'http://localhost')
      const auth = url.searchParams.get('sentry_key') ?? String(request.headers['x-sentry-auth'])
      if (url.pathname !== `/api/${PROJECT}/envelope/` || !auth.includes(KEY)) {
        response.writeHead(401).end()
        return
      }
      const body = Buffer.concat(chunks)
      const isZipped = request.headers['content-encoding'] === 'gzip'
      if (status === 200) events.push(...parseEnvelope(isZipped ? gunzipSync(body) : body))
      response.writeHead(status, status === 429 ? { 'retry-after': '60' } : {}).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    dsn: `http://${KEY}@127.0.0.1:${port}/${PROJECT}`,
    events,
    answerWith: (next) => {
      status = next
    },
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Header, then for each item a header and a payload, line by line. */
function parseEnvelope(body: Buffer): ReceivedEvent[] {
  const [, ...items] = body.toString('utf8').trimEnd().split('\n')
  const events: ReceivedEvent[] = []
  for (let index = 0; index + 1 < items.length; index += 2) {
    const { type } = JSON.parse(items[index] ?? '{}') as { readonly type?: string }
    if (type === 'event') events.push(JSON.parse(items[index + 1] ?? '{}') as ReceivedEvent)
  }
  return events
}
