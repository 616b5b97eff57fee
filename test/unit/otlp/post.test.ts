import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createPost } from '../../../src/otlp/post.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function startServer(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const HEADERS = { 'content-type': 'application/x-protobuf' }

/** Bytes of which no two neighbouring kilobytes are the same. */
function bytesOf(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 31 + (index >> 10)) & 0xff))
}

test.each([0, 1, 65_535, 65_536, 65_537, 3_000_000])(
  'a body of %i bytes arrives whole',
  { timeout: 30_000 },
  async (length) => {
    const body = bytesOf(length)
    const arrived: Buffer[] = []
    const url = await startServer((request, response) => {
      request.on('data', (chunk: Buffer) => arrived.push(chunk))
      request.on('end', () => response.end('taken'))
    })

    const answer = await createPost(url, HEADERS, {})(body, 20_000)

    expect(answer.status).toBe(200)
    expect(Buffer.from(answer.body).toString()).toBe('taken')
    expect(Buffer.concat(arrived).equals(body)).toBe(true)
  },
)

test('other work has its turn while a large body is written', { timeout: 30_000 }, async () => {
  const url = await startServer((request, response) => {
    request.resume().on('end', () => response.end())
  })
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  const post = createPost(url, HEADERS, {})
  await post(bytesOf(1), 20_000)

  const answer = post(bytesOf(2_000_000), 20_000)
  setImmediate(count)
  await answer
  isOver = true

  expect(turns).toBeGreaterThan(2_000_000 / 65_536 - 1)
})

test('a receiver that takes nothing is given up in time, and its late reading harms nobody', async () => {
  const url = await startServer((request) => void request.pause())

  const answer = createPost(url, HEADERS, {})(bytesOf(20_000_000), 300)

  await expect(answer).rejects.toThrow(/no answer in time/)
})

test('a receiver that answers before it has read everything is heard', async () => {
  const url = await startServer((request, response) => {
    response.writeHead(413).end()
    request.resume()
  })

  const answer = await createPost(url, HEADERS, {})(bytesOf(4_000_000), 20_000)

  expect(answer.status).toBe(413)
})
