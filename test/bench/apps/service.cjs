// The measured service: a route that does nothing, one with a query and a command, and one that takes its time. It tells its
// parent its port, and when asked what CPU time and memory it has used and how many requests it held at once. With
// BENCH_ADAPTER it has an access log and metrics of its requests.
const { createServer } = require('node:http')
const { setTimeout: pause } = require('node:timers/promises')
const pg = require('pg')
const { Redis } = require('ioredis')

const pool = new pg.Pool({ connectionString: process.env['POSTGRES_URL'], max: 8 })
const redis = new Redis(process.env['REDIS_URL'])

const routes = {
  '/trivial': () => 'done',
  '/wait': () => pause(3_000, 'done'),
  '/data': async () => {
    const { rows } = await pool.query('SELECT $1::int AS value', [1])
    const stored = await redis.get('bench')
    return JSON.stringify([rows[0].value, stored])
  },
}

let held = 0
let heldAtMost = 0

async function answer(request, response) {
  held += 1
  heldAtMost = Math.max(heldAtMost, held)
  response.once('close', () => (held -= 1))
  try {
    const body = await routes[request.url]()
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
    response.end(body)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}

const toLabels = ({ method, route, status }) => ({ method, route, status_code: status })

function withAdapter(listener) {
  const { httpTelemetry } = require('telltale/node-http')
  const telltale = require('telltale')
  const labels = { method: ['GET'], route: telltale.upTo(100), status_code: telltale.upTo(60) }
  const metrics = telltale.defineMetrics({
    requests: telltale.counter({ name: 'bench_requests_total', description: 'Requests.', labels }),
    duration: telltale.histogram({
      name: 'bench_request_duration_seconds',
      unit: 's',
      description: 'Duration.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
      labels,
    }),
    inFlight: telltale.upDownCounter({
      name: 'bench_requests_in_flight',
      description: 'Under way.',
    }),
  })
  return httpTelemetry({
    route: (request) => request.url,
    metrics: [
      telltale.countRequests(metrics.requests, toLabels),
      telltale.timeRequests(metrics.duration, toLabels),
      telltale.gaugeRequests(metrics.inFlight),
    ],
  }).handler(listener)
}

const server = createServer(process.env['BENCH_ADAPTER'] ? withAdapter(answer) : answer)

server.listen({ port: 0, host: '127.0.0.1', backlog: 20_000 }, () =>
  process.send({ port: server.address().port }),
)

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss(), heldAtMost })
})

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
