import type { Meter } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

/** A real meter, and what its instruments say. */
export interface MeterProbe {
  readonly meter: Meter
  /** Values by metric name and attributes: `orders{"by":"a"}`. */
  read(): Promise<Record<string, number>>
}

/** Makes a meter whose values can be read at any time. */
export function createMeterProbe(): MeterProbe {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [reader] })
  return {
    meter: provider.getMeter('test'),
    async read() {
      const { resourceMetrics } = await reader.collect()
      const values: Record<string, number> = {}
      for (const { descriptor, dataPoints } of resourceMetrics.scopeMetrics.flatMap(
        ({ metrics }) => metrics,
      )) {
        for (const { attributes, value } of dataPoints) {
          const labels = Object.keys(attributes).length > 0 ? JSON.stringify(attributes) : ''
          values[descriptor.name + labels] = value as number
        }
      }
      return values
    },
  }
}
