import { expect, test } from 'vitest'
import { counter, defineMetrics, histogram, metricsToMarkdown, upTo } from '../../../src/index.ts'

test('a catalogue becomes a table with names, types, labels and buckets', () => {
  const catalogue = defineMetrics({
    orders: counter({
      name: 'orders_total',
      description: 'Orders\n taken | left.',
      labels: { shop: upTo(5), state: ['paid', 'open'] },
    }),
    wait: histogram({ name: 'wait_seconds', description: 'Wait.', buckets: [0.5, 1] }),
  })

  const rows = metricsToMarkdown(catalogue)
    .split('\n')
    .map((line) => line.split(/ *(?<!\\)\| */).slice(1, -1))

  expect(rows.filter((_, index) => index !== 1)).toEqual([
    ['metric', 'type', 'labels', 'says'],
    [
      '`orders_total`',
      'counter',
      '`shop`: up to 5; `state`: `paid`, `open`',
      'Orders taken \\| left.',
    ],
    ['`wait_seconds`', 'histogram', '', 'Wait. Buckets: 0.5, 1.'],
  ])
})
