import type { TlsMaterial } from './target.ts'

/** One request that must leave before the process is gone. */
export interface LastRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly tls: TlsMaterial
  /** What it carries, and how many of them, for a message. */
  readonly what: string
  readonly count: number
}

/** What the worker runs; it has no imports of ours, so it is also right when bundled. */
const WORKER = `
const { workerData } = require('node:worker_threads')
const done = new Int32Array(workerData.done)
let open = workerData.requests.length
const end = (index, status) => {
  if (status >= 200 && status < 300) Atomics.store(done, 1 + index, 1)
  if (--open === 0) { Atomics.store(done, 0, 1); Atomics.notify(done, 0) }
}
workerData.requests.forEach(({ url, headers, body, tls }, index) => {
  const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http')
  const outgoing = request(url, { ...tls, method: 'POST', headers, timeout: workerData.timeoutMillis }, (response) => {
    response.resume()
    response.on('end', () => end(index, response.statusCode))
    response.on('error', () => end(index, 0))
  })
  outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')))
  outgoing.on('error', () => end(index, 0))
  outgoing.end(body)
})
`

/**
 * Sends requests while the caller's thread stands still: the only way to send anything from an `exit` listener.
 *
 * @param timeoutMillis - longest time the thread may stand still
 * @returns the requests that the Collector has not taken
 */
export function sendBeforeExit(
  requests: readonly LastRequest[],
  timeoutMillis: number,
): LastRequest[] {
  if (requests.length === 0 || timeoutMillis <= 0) return [...requests]
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  // Whether all have ended, then for each whether it was taken.
  const shared = new SharedArrayBuffer(4 * (1 + requests.length))
  const done = new Int32Array(shared)
  const worker = new Worker(WORKER, {
    eval: true,
    // Without these it would run the preload again.
    execArgv: [],
    env: {},
    stdout: false,
    workerData: { done: shared, requests, timeoutMillis },
  })
  worker.on('error', () => undefined)
  Atomics.wait(done, 0, 0, timeoutMillis)
  return requests.filter((_request, index) => Atomics.load(done, 1 + index) === 0)
}
