import type { Meter } from '@opentelemetry/api'
import { BatchQueue } from '../core/batch-queue.ts'
import { withDeadline } from '../core/deadline.ts'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { createPipelineMetrics } from './metrics.ts'
import type { LastRequest } from './last-flush.ts'
import { createOtlpExporter } from './otlp-exporter.ts'
import { sizeOfLogRecord, sizeOfSpan } from './item-size.ts'
import { toShownUrl, type OtlpSignal, type OtlpTarget } from './target.ts'

/** Bounds and pace of one signal's pipeline. */
export interface PipelineSettings {
  readonly scheduledDelayMillis: number
  readonly maxQueueSize: number
  readonly maxExportBatchSize: number
  readonly exportTimeoutMillis: number
}

/** What a pipeline needs from outside. */
export interface PipelineContext {
  readonly meter: Meter
  readonly reporter: Reporter
  /** Aborted when the process is about to end. */
  readonly ending: AbortSignal
  /** Settled once the resource is complete. */
  readonly resourceReady: () => Promise<void> | undefined
}

/** One signal's way out: a bounded queue in front of an OTLP exporter. Never throws, never rejects. */
export interface Pipeline<Item> {
  add(item: Item): void
  /** Items that wait or are on their way. */
  size(): number
  flush(deadlineMillis: number): Promise<void>
  /** Sends sooner from now on; the process is about to end. */
  hurry(): void
  close(): void
  /** What still waits, as requests for the last, synchronous flush; it is out of the queue afterwards. */
  takeLastRequests(): LastRequest[]
}

/** Longest wait for detectors that ask elsewhere, in milliseconds. */
const RESOURCE_MILLIS = 5_000

/** Longest wait of an item once the process is about to end, in milliseconds. */
const HURRIED_DELAY_MILLIS = 20

/**
 * Characters of one request at the most, as far as they are counted: as bytes they are six times as many at worst, and the
 * Collector takes 20 MiB.
 */
const MAX_BATCH_CHARACTERS = 2_000_000

/** Characters that wait at the most: a number of items alone bounds no memory. */
const MAX_QUEUE_CHARACTERS = 64_000_000

/** Starts the pipeline of one signal towards `target`. */
export function createPipeline<Item>(
  signal: OtlpSignal,
  target: OtlpTarget,
  settings: PipelineSettings,
  { meter, reporter, ending, resourceReady }: PipelineContext,
): Pipeline<Item> {
  const exporter = createOtlpExporter<Item>(signal, target, ending)
  const shownUrl = toShownUrl(target.url)
  const cause = `${signal} export`
  let lost = 0
  let failing = false
  let gaveUpOnResource = false
  const untilResourceReady = async (): Promise<void> => {
    const pending = gaveUpOnResource ? undefined : resourceReady()
    if (!pending || (await withDeadline(pending, RESOURCE_MILLIS, false)) !== 'late') return
    gaveUpOnResource = true
    reporter.once(
      'resource',
      `a resource detector has not answered in ${RESOURCE_MILLIS} ms; telemetry goes without what it would add`,
    )
  }
  const sizeOf = (signal === 'traces' ? sizeOfSpan : sizeOfLogRecord) as (item: Item) => number
  const queue = new BatchQueue<Item>({
    maxQueueSize: settings.maxQueueSize,
    maxQueueSum: MAX_QUEUE_CHARACTERS,
    maxBatchSum: MAX_BATCH_CHARACTERS,
    sizeOf,
    maxBatchSize: Math.min(settings.maxExportBatchSize, settings.maxQueueSize),
    scheduledDelayMillis: settings.scheduledDelayMillis,
    onDrop: () => metrics.dropped(),
    async send(batch) {
      try {
        await untilResourceReady()
        await withTimeout(exporter.export(batch), settings.exportTimeoutMillis)
        metrics.exported(batch.length)
        failing = false
        reporter.over(cause, `${signal} are exported again to ${shownUrl}; ${lost} were lost`)
        lost = 0
      } catch (error) {
        failing = isAway(error)
        lost += batch.length
        metrics.exported(batch.length, toErrorType(error))
        reporter.once(
          cause,
          `${signal} cannot be exported to ${shownUrl}: ${describe(error)}; ` +
            `what is lost counts in otel_sdk_exporter_${signal === 'traces' ? 'span' : 'log'}_exported_total`,
        )
      }
    },
  })
  const metrics = createPipelineMetrics(
    meter,
    signal === 'traces' ? 'span' : 'log',
    settings.maxQueueSize,
    () => queue.size,
  )
  return {
    add: (item) => queue.add(item),
    size: () => queue.size,
    flush: (deadlineMillis) => queue.flush(deadlineMillis),
    hurry: () => queue.hurry(HURRIED_DELAY_MILLIS),
    close() {
      queue.close()
      const lostNow = queue.takeWaiting().length
      if (lostNow > 0) metrics.exported(lostNow, 'shutdown')
    },
    takeLastRequests() {
      const items = queue.takeWaiting(!exporter.hasSent())
      return toBatches(items, sizeOf).flatMap((batch) => toLastRequest(batch) ?? [])
    },
  }

  function toLastRequest(items: Item[]): LastRequest | undefined {
    try {
      // A Collector that was away a moment ago is not worth standing still for.
      const body = failing ? undefined : exporter.serialize(items)
      if (body) {
        const headers = { ...target.headers, 'content-type': exporter.contentType }
        return {
          url: target.url,
          headers,
          body,
          tls: target.tls,
          what: signal === 'traces' ? 'spans' : 'log records',
          count: items.length,
        }
      }
    } catch (error) {
      reporter.once(cause, `the last ${signal} cannot be sent: ${toReason(error)}`)
    }
    metrics.exported(items.length, 'process_exit')
    return undefined
  }
}

/** The items as requests that are no larger than the Collector takes. */
function toBatches<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[][] {
  const batches: Item[][] = []
  let sum = Infinity
  for (const item of items) {
    const size = sizeOf(item)
    sum += size
    if (sum > MAX_BATCH_CHARACTERS) {
      batches.push([])
      sum = size
    }
    batches.at(-1)!.push(item)
  }
  return batches
}

/** Whether the Collector is away or overloaded, rather than of another opinion about one batch. */
function isAway(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return typeof code !== 'number' || [429, 502, 503, 504].includes(code)
}

async function withTimeout(work: Promise<void>, millis: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(new Error(`no answer in ${millis} ms`))
    timer = setTimeout(fail, millis).unref()
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function toErrorType(error: unknown): string {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' || typeof code === 'number' ? String(code) : '_OTHER'
}

function describe(error: unknown): string {
  const code = (error as { code?: unknown }).code
  // The stock exporter's error for an HTTP status carries it as a number.
  return typeof code === 'number' ? `HTTP ${code} ${toReason(error)}` : toReason(error)
}
