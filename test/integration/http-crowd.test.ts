import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { startApp } from '../support/run-app.ts'
import { labelled, series } from './support/scraped-series.ts'

const CROWD = 10_000
const patient = { timeout: 240_000, interval: 250 }
const HELD = '/hold/:id'

/** What may stay in memory for each request: less than any object that one could leave behind. */
const BYTES_PER_REQUEST = 150

async function connectMany(port: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < CROWD) {
    const batch = Array.from({ length: 500 }, () => connect(port, '127.0.0.1'))
    await Promise.all(batch.map((socket) => once(socket, 'connect')))
    sockets.push(...batch)
  }
  for (const socket of sockets) socket.resume().on('error', () => undefined)
  return sockets
}

/** A request of its own on each connection, with an id and a tenant of its own. */
function ask(sockets: readonly Socket[], wave: string): void {
  for (const [index, socket] of sockets.entries()) {
    const id = `${wave}-${index}`
    const body = JSON.stringify({ id })
    const headers = `X-Request-Id: ${id}\r\nX-Tenant: t-${id}\r\nContent-Type: application/json`
    socket.write(
      `POST /hold/${id} HTTP/1.1\r\nHost: a\r\n${headers}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  }
}

test('10 000 requests at once know themselves, and leave nothing behind', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp(
    'http/crowd.mjs',
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER: 'always_off',
      OTEL_BLRP_MAX_QUEUE_SIZE: '100000',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    },
    { nodeArguments: ['--expose-gc', '--import', 'telltale/register'] },
  )
  const [, url] = await app.said(/listening at (http:\S+)/)
  const [metrics] = await app.said(/http:\/\/127\.0\.0\.1:\d+\/metrics/)
  const scrape = async (name: string) => series(await (await fetch(metrics)).text(), name)
  const inFlight = async () => (await scrape('http_requests_in_flight'))['']
  const answered = async (status: number) =>
    (await scrape('http_requests_total'))[labelled('POST', HELD, status)] ?? 0
  const heapBytes = async () => Number(await (await fetch(`${url}/memory`)).text())
  const sockets = await connectMany(Number(new URL(url!).port))

  /** All ask at once; those who lose patience go before there is an answer. */
  async function wave(name: string, impatient: readonly Socket[] = []): Promise<void> {
    const before = await answered(200)
    ask(sockets, name)
    await expect.poll(inFlight, patient).toBe(CROWD)
    for (const socket of impatient) socket.destroy()
    await expect.poll(inFlight, patient).toBe(CROWD - impatient.length)
    await fetch(`${url}/go`, { method: 'POST' })
    await expect.poll(() => answered(200), patient).toBe(before + CROWD - impatient.length)
    expect(await inFlight()).toBe(0)
  }

  await wave('first')
  await expect
    .poll(() => receiver.logs.filter(({ body }) => body === 'held').length, patient)
    .toBe(CROWD)
  const heapBefore = await heapBytes()
  // The same connections once more: what is kept by them would show.
  await wave('second')
  await wave('third')
  await expect
    .poll(() => receiver.logs.filter(({ body }) => body === 'held').length, patient)
    .toBe(3 * CROWD)
  const grown = (await heapBytes()) - heapBefore
  await wave(
    'last',
    sockets.filter((_socket, index) => index % 2 === 0),
  )
  expect(await answered(499)).toBe(CROWD / 2)
  for (const socket of sockets) socket.destroy()
  app.process.kill('SIGTERM')
  await app.ended()

  expect(grown / (2 * CROWD)).toBeLessThan(BYTES_PER_REQUEST)
  const held = receiver.logs.filter(({ body }) => body === 'held')
  expect(held).toHaveLength(4 * CROWD)
  // Whoever is gone was worked for under its own name as well.
  const mistaken = held.filter(
    ({ attributes: { id, body, request_id, tenant_id } }) =>
      body !== id || request_id !== id || tenant_id !== `t-${String(id)}`,
  )
  expect(mistaken).toEqual([])
}, 600_000)
