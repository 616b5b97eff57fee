import { expect, test } from 'vitest'
import { createRedaction } from '../../../src/core/redaction.ts'
import { createLabelRedaction } from '../../../src/metrics/redact-labels.ts'

test('a label value with the shape of a secret is replaced, each time it is scraped', () => {
  const redact = createLabelRedaction(createRedaction())
  for (let scrape = 0; scrape < 2; scrape += 1) {
    const labels = { url: 'redis://:hunter2@cache:6379', query: 'pwd=a', method: 'GET' }
    redact(labels)

    expect(labels).toEqual({
      url: 'redis://:[redacted]@cache:6379',
      query: 'pwd=[redacted]',
      method: 'GET',
    })
  }
})

test('the name of a label says nothing: a token may be a currency', () => {
  const labels = { token: 'USDC', auth: 'a long word of letters' }
  createLabelRedaction(createRedaction())(labels)

  expect(labels).toEqual({ token: 'USDC', auth: 'a long word of letters' })
})
