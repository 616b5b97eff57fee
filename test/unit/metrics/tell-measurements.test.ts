import { ValueType } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { createPlainMeter } from '../support/plain-meter.ts'

test('of each metric each cause is said once, whatever else was said of it', () => {
  const { meter, reported } = createPlainMeter({ cardinalityLimit: 2 })
  const counters = ['orders', 'items'].map((name) =>
    meter.createCounter(name, { valueType: ValueType.INT }),
  )
  for (let times = 0; times < 3; times += 1) {
    for (const each of counters) {
      each.add(-5)
      each.add(2.5)
      each.add(1, { shop: 'a' })
      each.add(1, { shop: 'b' })
      each.add(1, { shop: 'x'.repeat(1_025) })
      each.add(1, { id: 1n })
    }
  }

  expect(reported).toEqual(
    ['orders', 'items'].flatMap((name) => [
      `telltale: metric ${name}: a value must be a number of at least 0; got -5; such values are left out\n`,
      `telltale: metric ${name}: its values are whole numbers (valueType INT); got 2.5; fractions are cut off\n`,
      `telltale: metric ${name}: it has as many series as "metrics.cardinalityLimit" allows; further ones are added up in the series with otel_metric_overflow="true"\n`,
      `telltale: metric ${name}: a label is longer than 1024 characters, or there are more than 64 of them; what is beyond is cut off\n`,
      `telltale: metric ${name}: attributes could not be read: Do not know how to serialize a BigInt\n`,
    ]),
  )
})

test('what a histogram is made with and what it is given are two causes', () => {
  const { meter, reported } = createPlainMeter()
  const size = meter.createHistogram('size', {
    advice: { explicitBucketBoundaries: [1, '2'] as never },
  })
  size.record(-1)

  expect(reported).toEqual([
    'telltale: metric size: "explicitBucketBoundaries" must be a list of at most 500 numbers; got [1,"2"]; the default ones are used\n',
    'telltale: metric size: a value must be a number of at least 0; got -1; such values are left out\n',
  ])
})

test('what may be less than 0 must be a number, and that is what is said', () => {
  const { meter, reported } = createPlainMeter()
  meter.createUpDownCounter('under_way').add(Number.NaN)

  expect(reported).toEqual([
    'telltale: metric under_way: a value must be a number; got NaN; such values are left out\n',
  ])
})

test('a message is made once, however often its cause is there', () => {
  const { meter } = createPlainMeter()
  const level = meter.createGauge('level')
  let made = 0
  const value = { toJSON: () => (made += 1) }
  for (let times = 0; times < 5; times += 1) level.record(value as never)

  expect(made).toBe(1)
})
