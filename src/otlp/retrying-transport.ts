/** What the OTLP exporters call to send bytes; the shape of `IExporterTransport` in otlp-exporter-base. */
export interface Transport {
  send(data: Uint8Array, timeoutMillis: number): Promise<TransportResponse>
  shutdown(): void
}

/** How one attempt ended. */
export interface TransportResponse {
  readonly status: 'success' | 'failure' | 'retryable'
  readonly error?: Error
  readonly retryInMillis?: number
}

const MAX_ATTEMPTS = 5
const FIRST_PAUSE_MILLIS = 1_000
const MAX_PAUSE_MILLIS = 5_000

/**
 * Retries like the stock transport (same attempts, same pauses, jitter), with two differences: a pause does not keep
 * the process alive, and a process that is ending does not pause at all.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-throttling
 */
export function createRetryingTransport(attempt: Transport, ending: AbortSignal): Transport {
  return {
    async send(data, timeoutMillis) {
      const giveUpAt = performance.now() + timeoutMillis
      let pauseMillis = FIRST_PAUSE_MILLIS
      for (let attempts = 1; ; attempts += 1) {
        const response = await attempt.send(data, giveUpAt - performance.now())
        if (response.status !== 'retryable' || attempts >= MAX_ATTEMPTS) return response
        const pause = response.retryInMillis ?? pauseMillis * (0.8 + 0.4 * Math.random())
        if (ending.aborted || performance.now() + pause >= giveUpAt) return response
        await pauseUnless(pause, ending)
        pauseMillis = Math.min(pauseMillis * 1.5, MAX_PAUSE_MILLIS)
      }
    },
    shutdown: () => attempt.shutdown(),
  }
}

function pauseUnless(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, millis).unref()
    signal.addEventListener('abort', end)
  })
}
