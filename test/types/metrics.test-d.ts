import { expectTypeOf } from 'expect-type'
import {
  counter,
  defineMetrics,
  gauge,
  histogram,
  observableGauge,
  upDownCounter,
  upTo,
  type Counter,
  type UpTo,
} from '../../src/index.ts'

const metrics = defineMetrics({
  requests: counter({
    name: 'http_requests_total',
    description: 'Requests answered.',
    labels: { method: ['GET', 'POST'], route: upTo(500), ok: [true, false] },
  }),
  duration: histogram({
    name: 'http_request_duration_seconds',
    unit: 's',
    description: 'Time to the end of the answer.',
    buckets: [0.1, 1],
    labels: { method: ['GET', 'POST'] },
  }),
  inFlight: upDownCounter({ name: 'http_requests_in_flight', description: 'Under way.' }),
  cost: gauge({
    name: 'sankofa_billing_cost_usd',
    description: 'Cost.',
    labels: { tenant_id: upTo(10_000), service: ['compute', 'storage'] },
  }),
  machines: observableGauge({
    name: 'machines',
    description: 'Machines.',
    labels: { state: ['up', 'down'] },
    observe(observe) {
      observe(1, { state: 'up' })
      // @ts-expect-error -- a value that is not in the list
      observe(1, { state: 'away' })
      // @ts-expect-error -- the label is missing
      observe(1)
    },
  }),
})

expectTypeOf(metrics.requests).toEqualTypeOf<
  Counter<{
    readonly method: readonly ['GET', 'POST']
    readonly route: UpTo
    readonly ok: readonly [true, false]
  }>
>()

metrics.requests.add(1, { method: 'GET', route: '/x', ok: true })
// An open label takes what can be written as text.
metrics.requests.add(1, { method: 'GET', route: 404, ok: false })

// @ts-expect-error -- a label that the metric does not have
metrics.requests.add(1, { method: 'GET', route: '/x', ok: true, user: 'u-1' })

// @ts-expect-error -- a label is missing
metrics.requests.add(1, { method: 'GET', ok: true })

// @ts-expect-error -- all labels are missing
metrics.requests.add(1)

// @ts-expect-error -- a value that is not in the list
metrics.requests.add(1, { method: 'PUT', route: '/x', ok: true })

// @ts-expect-error -- a label has a value
metrics.requests.add(1, { method: 'GET', route: undefined, ok: true })

// @ts-expect-error -- nor is an object a value
metrics.requests.add(1, { method: 'GET', route: {}, ok: true })

// @ts-expect-error -- a counter is not set
metrics.requests.set(1, { method: 'GET', route: '/x', ok: true })

metrics.duration.record(0.2, { method: 'POST' })
// @ts-expect-error -- a histogram is recorded, not added to
metrics.duration.add(0.2, { method: 'POST' })

metrics.inFlight.add(-1)
// @ts-expect-error -- a metric without labels takes none
metrics.inFlight.add(1, { method: 'GET' })

metrics.cost.set(4.2, { tenant_id: 't', service: 'compute' })
expectTypeOf(metrics.cost.remove({ tenant_id: 't' })).toEqualTypeOf<number>()
metrics.cost.remove()
// @ts-expect-error -- a label that the gauge does not have
metrics.cost.remove({ vm_id: 'x' })
// @ts-expect-error -- a value that is not in the list
metrics.cost.remove({ service: 'network' })
// @ts-expect-error -- a counter's series stay: a counter never goes back
metrics.requests.remove({ method: 'GET' })

// @ts-expect-error -- what is observed is not set
metrics.machines.set(1, { state: 'up' })
expectTypeOf(metrics.machines.definition.kind).toEqualTypeOf<'observableGauge'>()

// @ts-expect-error -- a metric has a description
counter({ name: 'orders_total' })
// @ts-expect-error -- an option that is none
counter({ name: 'orders_total', description: 'Orders.', buckets: [1] })
// @ts-expect-error -- a label's values are a list or a bound
counter({ name: 'orders_total', description: 'Orders.', labels: { shop: 'all' } })
// @ts-expect-error -- only what is observed has a callback, and it must
observableGauge({ name: 'orders', description: 'Orders.' })
// @ts-expect-error -- what is not declared with one of the five is no metric
defineMetrics({ orders: { name: 'orders_total', description: 'Orders.' } })

// What a catalogue holds cannot be exchanged.
// @ts-expect-error -- read-only
metrics.requests = metrics.inFlight
