import type { Resource } from '@opentelemetry/resources'
import type { LoggerProvider as ApiLoggerProvider } from '@opentelemetry/api'
import type { LoggerProvider, LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { loadPackage } from '../core/load-package.ts'
import type { Redaction } from '../core/redaction.ts'
import { createBatchLogRecordProcessor } from '../logging/batch-log-record-processor.ts'
import { createContextLogRecordProcessor } from '../logging/context-log-record-processor.ts'
import { createDistinctTimesProcessor } from '../logging/distinct-times-processor.ts'
import { createGuardedLoggerProvider, type Detour } from '../logging/guarded-logger-provider.ts'
import { createJsonStdoutProcessor } from '../logging/json-stdout-processor.ts'
import { createLogLengths } from '../logging/log-record-limits.ts'
import { createRedactingLogRecordProcessor } from '../logging/redacting-log-record-processor.ts'
import { createLineWriter } from '../logging/stdout-writer.ts'
import { createPipeline, type Pipeline, type PipelineContext } from '../otlp/pipeline.ts'
import { resolveTarget, toShownUrl } from '../otlp/target.ts'
import type { AllSettings } from '../settings.ts'

/** The logs of this process. */
export interface LogSignal {
  readonly provider: LoggerProvider
  /** The same for the application: it takes every value, and never throws. */
  guarded(detour: Detour): ApiLoggerProvider
  readonly pipeline: Pipeline<ReadableLogRecord> | undefined
  /** Where log records go, for people. */
  readonly destination: string
}

/**
 * Logs through the batch pipeline to the Collector, to the console, and to stdout as JSON when asked.
 *
 * @param more - see each record last, redacted
 */
export function startLogs(
  { logging, otlp, lifecycle }: AllSettings,
  resource: Resource,
  context: PipelineContext,
  redaction: Redaction,
  warnings: string[],
  more: readonly LogRecordProcessor[] = [],
): LogSignal {
  const sdk = loadPackage('@opentelemetry/sdk-logs') as typeof import('@opentelemetry/sdk-logs')
  const lengths = createLogLengths(logging.attributeValueLengthLimit, redaction, context.reporter)
  const processors: LogRecordProcessor[] = [
    createDistinctTimesProcessor(),
    createContextLogRecordProcessor(),
    createRedactingLogRecordProcessor(redaction, lengths),
  ]
  let pipeline: Pipeline<ReadableLogRecord> | undefined
  let destination = 'nowhere'
  if (logging.exporters?.includes('otlp')) {
    const target = resolveTarget(otlp, 'logs', warnings)
    destination = toShownUrl(target.url)
    pipeline = createPipeline<ReadableLogRecord>('logs', target, logging, context)
    processors.push(createBatchLogRecordProcessor(pipeline, lifecycle.shutdownTimeoutMillis))
  }
  if (logging.exporters?.includes('console')) {
    const exporter = new sdk.ConsoleLogRecordExporter()
    processors.push(new sdk.SimpleLogRecordProcessor({ exporter }))
  }
  if (logging.stdout) {
    processors.push(createJsonStdoutProcessor(createLineWriter(process.stdout), lengths.value))
  }
  processors.push(...more)
  const provider = new sdk.LoggerProvider({
    resource,
    processors,
    logRecordLimits: {
      attributeValueLengthLimit: lengths.sdk,
      attributeCountLimit: logging.attributeCountLimit,
    },
  })
  return {
    provider,
    guarded: (detour) => createGuardedLoggerProvider(provider, context.reporter, lengths, detour),
    pipeline,
    destination,
  }
}
