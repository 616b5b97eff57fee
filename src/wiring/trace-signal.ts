import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { loadPackage } from '../core/load-package.ts'
import type { Redaction } from '../core/redaction.ts'
import { createPipeline, type Pipeline, type PipelineContext } from '../otlp/pipeline.ts'
import { resolveTarget, toShownUrl } from '../otlp/target.ts'
import type { AllSettings } from '../settings.ts'
import { createBatchSpanProcessor } from '../tracing/batch-span-processor.ts'
import { createBoundingSpanProcessor } from '../tracing/bounding-span-processor.ts'
import { createContextSpanProcessor } from '../tracing/context-span-processor.ts'
import { createGuardedTracerProvider } from '../tracing/guarded-tracer-provider.ts'
import { createRedactingSpanProcessor } from '../tracing/redacting-span-processor.ts'
import { tracingSettings } from '../tracing/options.ts'
import { createSampler } from '../tracing/telltale-sampler.ts'

/** The traces of this process. */
export interface TraceSignal {
  readonly provider: TracerProvider
  readonly pipeline: Pipeline<ReadableSpan> | undefined
  /** Where spans go, for people. */
  readonly destination: string
}

/**
 * Traces through the batch pipeline to the Collector, or to the console.
 *
 * @param more - see each span last
 */
export function startTraces(
  { tracing, otlp, lifecycle }: AllSettings,
  resource: Resource,
  context: PipelineContext,
  redaction: Redaction,
  warnings: string[],
  more: readonly SpanProcessor[] = [],
): TraceSignal {
  const sdk = loadPackage('@opentelemetry/sdk-trace') as typeof import('@opentelemetry/sdk-trace')
  // The SDK would take 0 for no limit, and warn of it at each attribute.
  const valueLength =
    tracing.attributeValueLengthLimit || tracingSettings.attributeValueLengthLimit.default
  const processors: SpanProcessor[] = [
    createContextSpanProcessor(),
    createBoundingSpanProcessor(valueLength, context.reporter),
    createRedactingSpanProcessor(redaction),
  ]
  let pipeline: Pipeline<ReadableSpan> | undefined
  let destination = 'nowhere'
  if (tracing.exporters?.includes('otlp')) {
    const target = resolveTarget(otlp, 'traces', warnings)
    destination = toShownUrl(target.url)
    pipeline = createPipeline<ReadableSpan>('traces', target, tracing, context)
    processors.push(createBatchSpanProcessor(pipeline, lifecycle.shutdownTimeoutMillis))
  }
  if (tracing.exporters?.includes('console')) {
    processors.push(new sdk.SimpleSpanProcessor({ exporter: new sdk.ConsoleSpanExporter() }))
  }
  processors.push(...more)
  const provider = new sdk.TracerProvider({
    resource,
    sampler: createSampler(tracing),
    spanProcessors: processors,
    spanLimits: {
      attributeValueLengthLimit: valueLength,
      attributeCountLimit: tracing.attributeCountLimit,
      eventCountLimit: tracing.eventCountLimit,
      linkCountLimit: tracing.linkCountLimit,
      attributePerEventCountLimit: tracing.attributePerEventCountLimit,
      attributePerLinkCountLimit: tracing.attributePerLinkCountLimit,
    },
  })
  return {
    provider: createGuardedTracerProvider(provider, context.reporter),
    pipeline,
    destination,
  }
}
