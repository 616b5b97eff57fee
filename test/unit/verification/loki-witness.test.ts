import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readLokiCheckpoints } from '../../../src/verification/loki-witness.ts'

const NOW = Date.parse('2026-11-21T15:00:00Z')
const PAGE = 5_000

let lines: readonly (readonly [bigint, string])[]
let tenants: Set<string | undefined>
let status: number
let requests: number

const server = createServer((request, response) => {
  const query = new URL(request.url!, 'http://loki').searchParams
  const [start, end] = [BigInt(query.get('start')!), BigInt(query.get('end')!)]
  tenants.add(request.headers['x-scope-orgid'] as string | undefined)
  requests += 1
  const values = lines
    .filter(([time]) => time >= start && time < end)
    .slice(0, Number(query.get('limit')))
    .map(([time, line]) => [String(time), line])
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ data: { result: values.length > 0 ? [{ values }] : [] } }))
})

beforeEach(async () => {
  ;[lines, tenants, status, requests] = [[], new Set(), 200, 0]
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(
  () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
)

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const nanos = (agoMillis: number, more = 0) => BigInt(NOW - agoMillis) * 1_000_000n + BigInt(more)
const lineOf = (note: string) => JSON.stringify({ checkpoint: note })

test('every note of the last year is read, page by page, and other lines are not', async () => {
  const many = Array.from(
    { length: PAGE + 10 },
    (_, index) => [nanos(3_600_000, index), lineOf(`note ${index}`)] as const,
  )
  lines = [[nanos(200 * 24 * 3_600_000), lineOf('old')], ...many, [nanos(1), 'no checkpoint']]

  const notes = await readLokiCheckpoints(url(), NOW)

  expect(notes).toHaveLength(PAGE + 11)
  expect(notes.slice(0, 2)).toEqual(['old', 'note 0'])
  expect([...tenants]).toEqual(['default'])
})

test('a year without a line takes a bounded number of questions', async () => {
  expect(await readLokiCheckpoints(`${url()}/`, NOW)).toEqual([])
  expect(requests).toBeLessThan(60)
})

test('a witness that does not answer is named', async () => {
  status = 503

  await expect(readLokiCheckpoints(url(), NOW)).rejects.toThrow(
    /the witness http:\/\/127\.0\.0\.1:\d+ could not be asked: it answered 503/,
  )
})
