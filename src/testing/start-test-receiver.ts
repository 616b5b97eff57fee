import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { AUDIT_FORMAT } from '../audit/delivery/receipt.ts'
import { readSamples, since, type ReadSample } from './metric-samples.ts'
import { readReceivedRecords } from './received-records.ts'
import { readLogs, readSpans, type OtlpRequest } from './received-otlp.ts'
import { toTestAuditRecord } from './test-audit-record.ts'
import type { ReceivedTelemetry, TestAuditRecord, TestLog, TestSpan } from './test-telemetry.ts'
import { waitFor } from './wait-for.ts'

const OWN_EVENTS = /^telltale\.audit\./
const SCRAPE_MILLIS = 5_000
const MAX_ATTEMPTS = 100

/**
 * Starts a receiver on a loopback port that takes what a Collector does, audit records included, for a service that is started
 * as a process of its own with `env`: under the real preload, with everything that it patches.
 */
export async function startTestReceiver(): Promise<ReceivedTelemetry> {
  const spans: TestSpan[] = []
  const logs: TestLog[] = []
  const records = new Map<string, TestAuditRecord>()
  const take = (request: IncomingMessage, response: ServerResponse, sent: Buffer): void => {
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    if (request.headers['telltale-audit-format'] === undefined) {
      const json = JSON.parse(body.toString('utf8')) as OtlpRequest
      spans.push(...readSpans(json))
      logs.push(...readLogs(json))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      return
    }
    const received = readReceivedRecords(body)
    for (const record of received) {
      if (!OWN_EVENTS.test(record.eventName))
        records.set(record.recordId, toTestAuditRecord(record))
    }
    response.writeHead(200, {
      'content-type': 'application/x-protobuf',
      'telltale-audit-format': AUDIT_FORMAT,
      'telltale-audit-committed': String(received.length),
    })
    response.end()
  }
  const server = await listen(take)
  const metricsPort = await freePort()
  const spool = await mkdtemp(join(tmpdir(), 'telltale-test-'))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`
  let before: readonly ReadSample[] = []
  const scrape = async (): Promise<readonly ReadSample[]> => {
    const answer = await fetch(metricsUrl, { signal: AbortSignal.timeout(SCRAPE_MILLIS) })
    return readSamples(await answer.text())
  }
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(spool, { recursive: true, force: true })
  }
  return {
    url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_BLRP_SCHEDULE_DELAY: '20',
      TELLTALE_AUDIT_ENDPOINT: url,
      TELLTALE_AUDIT_TOKEN: 'test',
      TELLTALE_AUDIT_SPOOL_DIRECTORY: spool,
    },
    spans,
    logs,
    get auditRecords() {
      return [...records.values()]
    },
    metrics: async () => since(before, await scrape()),
    waitFor,
    async reset() {
      // A service that has ended, or not begun, has no metrics to begin from.
      before = await scrape().catch(() => [])
      spans.length = 0
      logs.length = 0
      records.clear()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function listen(
  take: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
  port = 0,
): Promise<Server> {
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      try {
        take(request, response, Buffer.concat(chunks))
      } catch {
        response.writeHead(400).end()
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return server
}

/**
 * A port that nobody listens on now; the service under test will. It is below those that a system gives to outgoing connections,
 * which would else take it meanwhile.
 */
async function freePort(): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const port = randomInt(20_000, 32_000)
    try {
      const server = await listen(() => undefined, port)
      await new Promise((resolve) => server.close(resolve))
      return port
    } catch (error) {
      if (attempt > MAX_ATTEMPTS) throw error
    }
  }
}
