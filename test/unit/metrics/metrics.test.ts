import { metrics as api } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPrometheusText } from '../../../src/metrics/prometheus-reader.ts'
import {
  counter,
  gauge,
  histogram,
  observableGauge,
  upDownCounter,
} from '../../../src/metrics/definitions.ts'
import { upTo } from '../../../src/metrics/label-types.ts'
import { createRecordingReporter, type RecordingReporter } from '../support/recording-reporter.ts'

/** The catalogue of a process of its own. */
let catalogue: typeof import('../../../src/metrics/metrics.ts')
let reporter: RecordingReporter

beforeEach(async () => {
  vi.resetModules()
  catalogue = await import('../../../src/metrics/metrics.ts')
  reporter = createRecordingReporter()
  catalogue.setMetricsReporter(reporter)
})

afterEach(() => api.disable())

/** Puts a provider behind the API, as init() does, and reads what /metrics would show. */
function startProvider(): () => Promise<string[]> {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const views = [{ meterName: catalogue.CATALOGUE_METER, aggregationCardinalityLimit: Infinity }]
  api.setGlobalMeterProvider(new MeterProvider({ readers: [reader], views }))
  catalogue.connectMetrics()
  const toText = createPrometheusText({ scopeLabels: false }, reporter)
  return async () => {
    const { resourceMetrics, errors } = await reader.collect()
    expect(errors).toEqual([])
    return toText(resourceMetrics)
      .split('\n')
      .filter((line) => line !== '' && !/^(?:#|target_info|telltale_)/.test(line))
  }
}

const orders = counter({
  name: 'orders_total',
  description: 'Orders.',
  labels: { state: ['paid', 'open'], shop: upTo(2) },
})

describe('whenever init() comes', () => {
  test.each(['before', 'after'])('metrics declared %s it are exposed', async (when) => {
    const start = when === 'after' ? startProvider() : undefined
    const metrics = catalogue.defineMetrics({
      orders,
      carts: upDownCounter({ name: 'carts', description: 'Carts.' }),
      cost: gauge({ name: 'cost_usd', description: 'Cost.', labels: { tenant: upTo(5) } }),
      size: histogram({ name: 'size_bytes', unit: 'By', description: 'Size.', buckets: [10, 20] }),
      up: observableGauge({ name: 'up_now', description: 'Up.', observe: (observe) => observe(1) }),
    })
    metrics.orders.add(2, { state: 'paid', shop: 'a' })
    metrics.carts.add(3)
    metrics.carts.add(-1)
    metrics.cost.set(4.2, { tenant: 't' })
    const read = start ?? startProvider()
    metrics.orders.add(1, { state: 'paid', shop: 'a' })
    metrics.size.record(15)

    expect(await read()).toEqual([
      'orders_total{shop="a",state="paid"} 3',
      'carts 2',
      'cost_usd{tenant="t"} 4.2',
      'size_bytes_count 1',
      'size_bytes_sum 15',
      'size_bytes_bucket{le="10"} 0',
      'size_bytes_bucket{le="20"} 1',
      'size_bytes_bucket{le="+Inf"} 1',
      'up_now 1',
    ])
  })
})
