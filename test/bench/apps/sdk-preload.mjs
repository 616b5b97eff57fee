// One SDK, put together in two ways: by the umbrella package, or from its parts. Hooks that run in this thread and see
// only what is instrumented, the same signals, the same five instrumentations as ours.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const load = createRequire(join(process.env['TELLTALE_BENCH_PEER'], '/'))
load('import-in-the-middle/register-hooks.mjs').register({
  include: ['http', 'https', 'pg', 'pg-pool', 'ioredis', 'pino'],
})

const start = process.env['TELLTALE_BENCH_SDK'] === 'umbrella' ? startUmbrella : startParts
start()

function startUmbrella() {
  const { NodeSDK } = load('@opentelemetry/sdk-node')
  new NodeSDK({
    resourceDetectors: [],
    spanProcessors: spanProcessors(),
    logRecordProcessors: logRecordProcessors(),
    metricReaders: metricReaders(),
    instrumentations: instrumentations(),
  }).start()
}

function startParts() {
  const { context, logs, metrics, propagation, trace } = load('@opentelemetry/api')
  const core = load('@opentelemetry/core')
  const { AsyncLocalStorageContextManager } = load('@opentelemetry/context-async-hooks')
  const { defaultResource } = load('@opentelemetry/resources')
  const { TracerProvider } = load('@opentelemetry/sdk-trace')
  const { MeterProvider } = load('@opentelemetry/sdk-metrics')
  const { LoggerProvider } = load('@opentelemetry/sdk-logs')
  const { registerInstrumentations } = load('@opentelemetry/instrumentation')
  const resource = defaultResource()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(
    new core.CompositePropagator({
      propagators: [new core.W3CTraceContextPropagator(), new core.W3CBaggagePropagator()],
    }),
  )
  trace.setGlobalTracerProvider(new TracerProvider({ resource, spanProcessors: spanProcessors() }))
  metrics.setGlobalMeterProvider(new MeterProvider({ resource, readers: metricReaders() }))
  logs.setGlobalLoggerProvider(new LoggerProvider({ resource, processors: logRecordProcessors() }))
  registerInstrumentations({ instrumentations: instrumentations() })
}

function spanProcessors() {
  const { BatchSpanProcessor } = load('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = load('@opentelemetry/exporter-trace-otlp-proto')
  return [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })]
}

function logRecordProcessors() {
  const { BatchLogRecordProcessor } = load('@opentelemetry/sdk-logs')
  const { OTLPLogExporter } = load('@opentelemetry/exporter-logs-otlp-proto')
  return [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })]
}

function metricReaders() {
  const { PrometheusExporter } = load('@opentelemetry/exporter-prometheus')
  // Its own server cannot use a free port.
  return [new PrometheusExporter({ preventServerStart: true })]
}

function instrumentations() {
  const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http')
  const { UndiciInstrumentation } = load('@opentelemetry/instrumentation-undici')
  const { PgInstrumentation } = load('@opentelemetry/instrumentation-pg')
  const { IORedisInstrumentation } = load('@opentelemetry/instrumentation-ioredis')
  const { PinoInstrumentation } = load('@opentelemetry/instrumentation-pino')
  return [
    new HttpInstrumentation({ enabled: false }),
    new UndiciInstrumentation(),
    new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    new IORedisInstrumentation({ requireParentSpan: true }),
    new PinoInstrumentation(),
  ]
}
