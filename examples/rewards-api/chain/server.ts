import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLedger } from './ledger.ts'
import { answer } from './rpc.ts'

// A stand-in for the blockchain's RPC server: real JSON-RPC 2.0 over HTTP, a ledger in memory.
const port = Number(process.env['PORT'] || 8000)
const latencyMillis = Number(process.env['CHAIN_LATENCY_MILLIS'] || 40)
const maxBodyBytes = 1_000_000
const methods = createLedger(BigInt(process.env['CHAIN_FUNDS'] || 1_000_000))

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error)
    response.destroy()
  })
})
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  const boundPort = typeof address === 'object' ? address?.port : undefined
  console.log(`chain listening at http://127.0.0.1:${boundPort}/rpc`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close())

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/rpc') {
    response.writeHead(404).end()
    return
  }
  const body = await readBody(request)
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end()
    return
  }
  // A real chain takes its time to agree.
  await sleep(latencyMillis)
  const result = await answer(methods, body)
  if (result === undefined) response.writeHead(204).end()
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Left open at the end: whoever sent too much gets an answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
