import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { sendBeforeExit, type LastRequest } from '../../../src/otlp/last-flush.ts'

/** A server in a thread of its own, because ours stands still; it refuses what its path says. */
const SERVER = `
const { parentPort } = require('node:worker_threads')
const server = require('node:http').createServer((request, response) => {
  response.statusCode = request.url === '/refuse' ? 503 : 200
  request.resume().on('end', () => response.end())
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

test('of many requests exactly those that were refused are given back', async () => {
  const worker = new Worker(SERVER, { eval: true, execArgv: [] })
  try {
    const port = await new Promise<number>((resolve) => worker.once('message', resolve))
    const requests = Array.from({ length: 70 }, (_none, index) => ({
      url: `http://127.0.0.1:${port}/${index % 7 === 3 ? 'refuse' : 'take'}`,
      headers: {},
      body: Buffer.from('{}'),
      tls: {},
      what: `number ${index}`,
      count: 1,
    }))

    const left = sendBeforeExit(requests, 30_000)

    expect(left).toEqual(requests.filter(({ url }) => url.endsWith('/refuse')))
  } finally {
    await worker.terminate()
  }
})

test('what is not answered in time is given back', async () => {
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const request: LastRequest = {
    url: `http://127.0.0.1:${port}/`,
    headers: {},
    body: Buffer.from('{}'),
    tls: {},
    what: 'spans',
    count: 3,
  }
  const before = performance.now()

  expect(sendBeforeExit([request], 300)).toEqual([request])
  expect(performance.now() - before).toBeLessThan(10_000)
  server.closeAllConnections()
  server.close()
})
