// Measures declared metrics in a process of its own: what an addition costs, what labels cost in memory, and how long a scrape
// of 10 000 series holds the event loop up.
import { openSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { counter, defineMetrics, gauge, histogram, init, upTo } from 'telltale'

const require = createRequire(import.meta.url)
const { metrics: api } = require('@opentelemetry/api')
const { MeterProvider } = require('@opentelemetry/sdk-metrics')
const { PrometheusExporter } = require('@opentelemetry/exporter-prometheus')

const ROUNDS = 15
const CALLS = 100_000
const SERIES = 10_000
const MANY = 100_000
const description = 'Measured.'
const schedule = openSync('/proc/self/schedstat')
const buffer = Buffer.alloc(100)

const telemetry = init({ admin: { port: 0, host: '127.0.0.1' }, tracing: { exporters: ['none'] } })
const parts = { add, memory, beforeScrape, beforePlainScrape, afterScrape }

process.on('message', async (part) => process.send(await parts[part]()))
process.send({ ready: true })

/** CPU time of one call in nanoseconds: of declared metrics, of the Meter API under init(), and of the SDK alone, in turns. */
function add() {
  const bare = new MeterProvider({
    readers: [new PrometheusExporter({ preventServerStart: true })],
  }).getMeter('bare')
  const labels = { method: ['GET', 'POST'], route: upTo(500), status_code: upTo(60) }
  const ours = defineMetrics({
    requests: counter({ name: 'requests_total', description, labels }),
    duration: histogram({ name: 'duration_seconds', unit: 's', description, labels }),
  })
  const routes = Array.from({ length: 50 }, (_, index) => `/quizzes/${index}/claim`)
  const toLabels = (index) => ({ method: 'GET', route: routes[index % 50], status_code: '200' })
  const theirs = {
    requests: bare.createCounter('requests_total'),
    duration: bare.createHistogram('duration_seconds', { unit: 's' }),
  }
  const plain = api.getMeter('measured')
  const notDeclared = {
    requests: plain.createCounter('plain_requests_total'),
    duration: plain.createHistogram('plain_duration_seconds', { unit: 's' }),
  }
  const variants = {
    counterOurs: (index) => ours.requests.add(1, toLabels(index)),
    counterPlain: (index) => notDeclared.requests.add(1, toLabels(index)),
    counterBare: (index) => theirs.requests.add(1, toLabels(index)),
    histogramOurs: (index) => ours.duration.record(0.2, toLabels(index)),
    histogramPlain: (index) => notDeclared.duration.record(0.2, toLabels(index)),
    histogramBare: (index) => theirs.duration.record(0.2, toLabels(index)),
    nothing: (index) => toLabels(index).route.length,
  }
  const nanos = Object.fromEntries(Object.keys(variants).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS + 3; round += 1) {
    for (const [name, call] of Object.entries(variants)) {
      const before = process.cpuUsage()
      for (let index = 0; index < CALLS; index += 1) call(index)
      const { user, system } = process.cpuUsage(before)
      // The first rounds are the compiler's.
      if (round >= 3) nanos[name].push(((user + system) * 1_000) / CALLS)
    }
  }
  return nanos
}

async function scrape() {
  await (await fetch(`${telemetry.status().admin}/metrics`)).text()
}

/** Bytes that stay: of a label with 100 000 values beyond its bound, and of 100 000 tenants within theirs. */
async function memory() {
  const { folded, tenants, requests } = defineMetrics({
    folded: counter({ name: 'folded_total', description, labels: { id: upTo(100) } }),
    tenants: gauge({ name: 'cost_usd', description, labels: { tenant_id: upTo(MANY) } }),
    requests: counter({
      name: 'tenant_requests_total',
      description,
      labels: { tenant_id: upTo(MANY) },
    }),
  })
  const reader = new PrometheusExporter({ preventServerStart: true })
  const bare = new MeterProvider({
    readers: [reader],
    views: [{ instrumentName: '*', aggregationCardinalityLimit: MANY + 1 }],
  })
    .getMeter('bare')
    .createCounter('bare_total')
  const bytes = {}
  await scrape()
  const keep = async (name, work, scrape) => {
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < MANY; index += 1) work(`tenant-${index}`)
    // Only what was collected once has all that it needs.
    await scrape()
    globalThis.gc()
    bytes[name] = process.memoryUsage().heapUsed - before
  }
  await keep('folded', (id) => folded.add(1, { id }), scrape)
  await keep('gauge', (tenant_id) => tenants.set(1, { tenant_id }), scrape)
  await keep('counter', (tenant_id) => requests.add(1, { tenant_id }), scrape)
  await keep(
    'bareCounter',
    (tenant_id) => bare.add(1, { tenant_id }),
    () => reader.collect(),
  )
  return bytes
}

let scraped
let plainScrapes = 0
let longest = { millis: 0, ranMillis: 0 }
let watching = false

/** The time from one turn of the event loop to the next: monitorEventLoopDelay() would add the wait of its own timer. */
function watch(last) {
  if (!watching) return
  const now = { millis: performance.now(), ranMillis: ranMillis() }
  if (last !== undefined) {
    for (const what of ['millis', 'ranMillis']) {
      longest[what] = Math.max(longest[what], now[what] - last[what])
    }
  }
  setImmediate(watch, now)
}

/** How long this thread has had a CPU, by the scheduler: the clock goes on while others have it, or the machine is another's. */
function ranMillis() {
  const length = readSync(schedule, buffer, 0, buffer.length, 0)
  return Number(buffer.latin1Slice(0, length).split(' ')[0]) / 1e6
}

/** Makes the 10 000 series and changes them all, as a busy service does between two scrapes; the scraper is another process. */
async function beforeScrape() {
  scraped ??= defineMetrics({
    requests: counter({
      name: 'scraped_total',
      description,
      labels: { tenant_id: upTo(SERIES), method: ['GET'] },
    }),
    cost: gauge({ name: 'scraped_usd', description, labels: { tenant_id: upTo(SERIES) } }),
  })
  for (let index = 0; index < SERIES / 2; index += 1) {
    const tenant_id = `tenant-${index}`
    scraped.requests.add(1, { tenant_id, method: 'GET' })
    scraped.cost.set(index, { tenant_id })
  }
  return startWatching()
}

/** As many series of instruments that are not declared, 2 000 each: three are measured with, two are asked. */
async function beforePlainScrape() {
  const meter = api.getMeter('plain')
  const tenants = Array.from({ length: 1_999 }, (_, index) => ({ tenant_id: `tenant-${index}` }))
  for (let instrument = 0; instrument < 3; instrument += 1) {
    const requests = meter.createCounter(`scraped_${instrument}_total`)
    for (const { tenant_id } of tenants) requests.add(1, { tenant_id })
    requests.add(1)
  }
  plainScrapes += 1
  if (plainScrapes > 1) return startWatching()
  for (let instrument = 0; instrument < 2; instrument += 1) {
    meter.createObservableGauge(`scraped_${instrument}_usd`).addCallback((result) => {
      for (const { tenant_id } of tenants) result.observe(plainScrapes, { tenant_id })
      result.observe(plainScrapes)
    })
  }
  return startWatching()
}

async function startWatching() {
  // What was done here must not count, nor what it leaves to be collected.
  globalThis.gc()
  await new Promise((resolve) => setTimeout(resolve, 20))
  longest = { millis: 0, ranMillis: 0 }
  watching = true
  watch()
  return { url: `${telemetry.status().admin}/metrics` }
}

/** How long the event loop was held up at a stretch since then. */
async function afterScrape() {
  await new Promise((resolve) => setTimeout(resolve, 5))
  watching = false
  return longest
}
