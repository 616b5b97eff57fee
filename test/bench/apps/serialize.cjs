// Makes a batch of real spans, by serving requests that query PostgreSQL and ask Redis, and then turns this batch into
// OTLP bytes again and again, as JSON and as protobuf in turns. Reports the CPU time of each block.
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis')
const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const { context } = require('@opentelemetry/api')
const {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} = require('@opentelemetry/sdk-trace')
const { JsonTraceSerializer, ProtobufTraceSerializer } = require('@opentelemetry/otlp-transformer')

const BATCH_SPANS = 512
const BLOCKS = 40
const BATCHES_PER_BLOCK = 10

process.on('message', async () => {
  const spans = await captureSpans()
  process.send(measure(spans))
})
process.send({ ready: true })

async function captureSpans() {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  registerInstrumentations({
    tracerProvider,
    instrumentations: [
      new HttpInstrumentation({ enabled: false }),
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
    ],
  })
  const http = require('node:http')
  const pg = require('pg')
  const { Redis } = require('ioredis')
  const pool = new pg.Pool({ connectionString: process.env['POSTGRES_URL'] })
  const redis = new Redis(process.env['REDIS_URL'])
  const server = http.createServer(async (_request, response) => {
    await pool.query('SELECT id, reward FROM (VALUES ($1::int, 1)) AS quiz (id, reward)', [1])
    await redis.get('quiz:1:leaderboard')
    response.end('done')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  while (exporter.getFinishedSpans().length < BATCH_SPANS) {
    await new Promise((resolve, reject) => {
      const url = `http://127.0.0.1:${server.address().port}/quizzes/1/claim?page=1`
      http.get(url, (response) => response.resume().on('end', resolve)).on('error', reject)
    })
  }
  server.close()
  await pool.end()
  await redis.quit()
  return exporter.getFinishedSpans().slice(0, BATCH_SPANS)
}

function measure(spans) {
  const serializers = { json: JsonTraceSerializer, protobuf: ProtobufTraceSerializer }
  const result = { spans: spans.length, scopes: countScopes(spans) }
  for (const [name, serializer] of Object.entries(serializers)) {
    result[name] = { bytes: serializer.serializeRequest(spans).length, cpuMicrosPerBatch: [] }
  }
  for (let block = 0; block < BLOCKS; block += 1) {
    for (const [name, serializer] of Object.entries(serializers)) {
      const before = process.cpuUsage()
      for (let batch = 0; batch < BATCHES_PER_BLOCK; batch += 1) serializer.serializeRequest(spans)
      const { user, system } = process.cpuUsage(before)
      result[name].cpuMicrosPerBatch.push((user + system) / BATCHES_PER_BLOCK)
    }
  }
  return result
}

function countScopes(spans) {
  const counts = {}
  for (const span of spans) {
    const name = span.instrumentationScope.name.replace('@opentelemetry/instrumentation-', '')
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
