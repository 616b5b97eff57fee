import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { countSpans } from '../support/count-spans.ts'

// An audit receiver that forgets everything and gives a receipt for it: what a delivery costs its producer, without what
// a store costs the machine. Log records lie in a request where spans do: resource (1), scope (2), record (2).
let records = 0

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const count = countSpans(Buffer.concat(chunks), false)
    records += count
    response.writeHead(200, {
      'content-type': 'application/x-protobuf',
      'telltale-audit-format': 'telltale/1',
      'telltale-audit-committed': String(count),
    })
    response.end()
  })
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})

process.on('message', () => process.send?.({ records }))

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
