import { context } from '@opentelemetry/api'
import { loadPackage } from '../core/load-package.ts'
import { createRetryingTransport, type Transport } from './retrying-transport.ts'
import type { OtlpSignal, OtlpTarget } from './target.ts'
import { createUnrefAgent, type UnrefAgent } from './unref-agent.ts'

/** Sends batches of one signal to the Collector. */
export interface OtlpExporter<Item> {
  /** Resolves when the Collector has taken the batch; rejects when it is lost. */
  export(batch: Item[]): Promise<void>
  /** The body of a request with these items, for the last, synchronous flush. */
  serialize(batch: Item[]): Uint8Array | undefined
  readonly contentType: string
  /** False while nothing of a batch can have left: there is no connection yet. */
  hasSent(): boolean
}

interface StockExporter<Item> {
  export(items: Item[], done: (result: { code: number; error?: Error }) => void): void
  /** Private in the stock exporters; see replaceRetries. */
  _delegate?: { _transport?: { _transport?: Transport } }
}

const PACKAGES = {
  traces: {
    'http/json': '@opentelemetry/exporter-trace-otlp-http',
    'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
    exporter: 'OTLPTraceExporter',
    serializer: 'TraceSerializer',
  },
  logs: {
    'http/json': '@opentelemetry/exporter-logs-otlp-http',
    'http/protobuf': '@opentelemetry/exporter-logs-otlp-proto',
    exporter: 'OTLPLogExporter',
    serializer: 'LogsSerializer',
  },
} as const

/**
 * The stock OTLP/HTTP exporter of a signal, on sockets and pauses that do not keep the process alive.
 *
 * @param ending - aborted when the process is about to end: from then on nothing is retried
 */
export function createOtlpExporter<Item>(
  signal: OtlpSignal,
  target: OtlpTarget,
  ending: AbortSignal,
): OtlpExporter<Item> {
  const names = PACKAGES[signal]
  const { suppressTracing } = loadPackage(
    '@opentelemetry/core',
  ) as typeof import('@opentelemetry/core')
  const Exporter = loadPackage(names[target.protocol])[names.exporter]
  let agent: UnrefAgent | undefined
  const stock: StockExporter<Item> = new Exporter({
    url: target.url,
    headers: target.headers,
    timeoutMillis: target.timeoutMillis,
    compression: target.compression,
    httpAgentOptions: (protocol: string) => (agent = createUnrefAgent(protocol, target.tls)),
  })
  replaceRetries(stock, ending)
  const format = target.protocol === 'http/json' ? 'Json' : 'Protobuf'
  return {
    hasSent: () => agent?.isConnected() ?? false,
    contentType: target.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
    export: (batch) =>
      new Promise((resolve, reject) => {
        // Our own exports are never traced.
        context.with(suppressTracing(context.active()), () => {
          stock.export(batch, ({ code, error }) => {
            if (code === 0) resolve()
            else reject(error ?? new Error('the export failed without a reason'))
          })
        })
      }),
    serialize: (batch) =>
      loadPackage('@opentelemetry/otlp-transformer')[format + names.serializer].serializeRequest(
        batch,
      ),
  }
}

/**
 * The stock transport pauses between attempts on timers that hold a finished process up for ten seconds, and offers
 * no way to change that. A test holds this against new versions.
 */
function replaceRetries(stock: StockExporter<unknown>, ending: AbortSignal): void {
  const delegate = stock._delegate
  const attempt = delegate?._transport?._transport
  if (delegate && attempt) {
    ;(delegate as { _transport: unknown })._transport = createRetryingTransport(attempt, ending)
  }
}
