/**
 * Floods an OTLP endpoint with spans and log records, as fast as it takes them; several requests at a time. Repeats one
 * body each: making them would cost this process more than it costs the Collector.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type FloodOrder, ORDER_VARIABLE } from './order.ts'

const AT_A_TIME = 4
/** Of about 1 KB each, in one request. */
const ITEMS = 1_000
const order: FloodOrder = JSON.parse(process.env[ORDER_VARIABLE] ?? '')
const filler = 'x'.repeat(1_000)
const resource = {
  attributes: [{ key: 'service.name', value: { stringValue: 'flood' } }],
}
const attributes = [{ key: 'filler', value: { stringValue: filler } }]
const spans = Array.from({ length: ITEMS }, (_, n) => ({
  traceId: n.toString(16).padStart(32, 'a'),
  spanId: n.toString(16).padStart(16, 'b'),
  name: 'flood',
  kind: 1,
  startTimeUnixNano: `${Date.now()}000000`,
  endTimeUnixNano: `${Date.now() + 1}000000`,
  attributes,
}))
const logRecords = Array.from({ length: ITEMS }, () => ({
  timeUnixNano: `${Date.now()}000000`,
  body: { stringValue: 'flood' },
  attributes,
}))
const requests = [
  { signal: 'traces', body: { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] } },
  { signal: 'logs', body: { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] } },
]
  .filter(({ signal }) => order.signals.some((wanted) => wanted === signal))
  .map(({ signal, body }) => ({
    url: `${order.otlp}/v1/${signal}`,
    body: JSON.stringify(body),
  }))

await Promise.all(Array.from({ length: AT_A_TIME }, async (_, n) => pour(n % requests.length)))

async function pour(first: number): Promise<void> {
  for (let n = first; ; n += 1) {
    const { url, body } = requests[n % requests.length]!
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await response.arrayBuffer()
      // Refused by a full queue or the memory limiter: a flood comes again at once, if not in a hot loop.
      if (!response.ok) await sleep(5)
    } catch {
      await sleep(50)
    }
  }
}
