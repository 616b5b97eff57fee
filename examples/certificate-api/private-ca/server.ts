import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createOperations, PrivateCaError } from './acm-pca.ts'
import { createAuthority } from './authority.ts'

// A stand-in for AWS Private CA: its real protocol (JSON 1.1 over HTTP), real certificates, keys in memory. What it does not
// check are the signatures of the requests.
const port = Number(process.env['PORT'] || 8001)
const signingMillis = Number(process.env['CA_SIGNING_MILLIS'] || 40)
const authorities = [
  await createAuthority('internal', 3_650),
  await createAuthority('partners', Number(process.env['CA_PARTNERS_DAYS'] || 20)),
]
const operations = createOperations(authorities, signingMillis)
const MAX_BODY_BYTES = 1_000_000

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error)
    response.destroy()
  })
})
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  const boundPort = typeof address === 'object' ? address?.port : undefined
  console.log(`private CA listening at http://127.0.0.1:${boundPort}`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
  })
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request)
  const target = String(request.headers['x-amz-target'] ?? '')
  const operation = operations[target.replace(/^ACMPrivateCA\./, '')]
  if (!operation) {
    send(response, 400, { __type: 'UnknownOperationException', message: target })
    return
  }
  try {
    const input = JSON.parse(body || '{}') as Readonly<Record<string, unknown>>
    send(response, 200, await operation(input))
  } catch (error) {
    if (!(error instanceof PrivateCaError)) throw error
    send(response, 400, { __type: error.type, message: error.message })
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': crypto.randomUUID(),
  })
  response.end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error('the request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
