import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { countSpans } from '../support/count-spans.ts'

/** What has arrived under one prefix of the path. */
export interface Received {
  requests: number
  spans: number
  traceBytes: number
}

// An OTLP receiver that takes everything, answers 200, and counts: POST /<prefix>/v1/<signal>.
const received = new Map<string, Received>()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(200, { 'content-type': request.headers['content-type'] ?? '' }).end()
    const [, prefix = '', , signal] = (request.url ?? '').split('/')
    const count = received.get(prefix) ?? { requests: 0, spans: 0, traceBytes: 0 }
    received.set(prefix, count)
    count.requests += 1
    if (signal !== 'traces') return
    const body = Buffer.concat(chunks)
    count.traceBytes += body.length
    count.spans += countSpans(body, request.headers['content-type'] === 'application/json')
  })
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})

process.on('message', (prefix: string) => {
  process.send?.(received.get(prefix) ?? { requests: 0, spans: 0, traceBytes: 0 })
})

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
