import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPartOfStack, type PartialAddresses, type Stack } from '../../deploy/stack/stack.ts'
import { startOtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts'
import { runApp } from '../support/run-app.ts'

let stack: Stack<PartialAddresses>
let databaseUrl: string

beforeAll(async () => {
  stack = await startPartOfStack(['postgres', 'redis'])
  databaseUrl = await stack.createDatabase('matrix')
}, 120_000)
afterAll(() => stack?.stop())

const WAYS = [
  ['ESM named import', 'matrix/esm-named.mjs'],
  ['ESM default import', 'matrix/esm-default.mjs'],
  ['CommonJS', 'matrix/cjs.cjs'],
  ['TypeScript', 'matrix/typescript.ts'],
  ['all ways in one process', 'matrix/mixed.mjs'],
] as const

describe.each(WAYS)('%s', (_way, file) => {
  test('makes exactly one span per request, outgoing request, query and command', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp(file, {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      POSTGRES_URL: databaseUrl,
      REDIS_URL: stack.addresses.redis ?? undefined,
    })

    expect(app.stderr).not.toMatch(/not patched|Error/)
    expect(app.code).toBe(0)
    const entry = receiver.spans.filter(
      (span) => span.kind === 2 && span.attributes['url.path'] === '/entry',
    )
    expect(entry).toHaveLength(1)
    const inside = receiver.spans.filter(
      (span) => span.kind === 3 && span.parentSpanId === entry[0]?.spanId,
    )
    expect(countByKind(inside)).toEqual({ request: 1, fetch: 1, pg: 1, ioredis: 1 })
    // Two requests reach the target, each under its CLIENT span; the entry itself has one outside the server.
    expect(receiver.spans.filter((span) => span.kind === 2)).toHaveLength(3)
    expect(receiver.spans.filter((span) => span.kind === 3)).toHaveLength(5)
    expect(new Set(receiver.spans.map((span) => span.spanId)).size).toBe(receiver.spans.length)
  })
})

function countByKind(spans: readonly ReceivedSpan[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const span of spans) {
    const library = span.scope.replace('@opentelemetry/instrumentation-', '')
    const kind = library === 'http' ? 'request' : library === 'undici' ? 'fetch' : library
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}
