import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  createAuditDelivery,
  type AuditDeliveryOptions,
} from '../../../src/audit/audit-delivery.ts'
import type { AuditMetrics } from '../../../src/audit/metrics.ts'
import { AuditError } from '../../../src/core/errors.ts'
import type { PostAnswer } from '../../../src/otlp/post.ts'
import { createDeferred } from '../support/deferred.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

const URL = 'http://collector:4319/v1/logs'

const answer = (
  status: number,
  {
    body = '',
    headers = {},
  }: { readonly body?: string; readonly headers?: PostAnswer['headers'] } = {},
): PostAnswer => ({ status, body: Buffer.from(body), headers })

type Answerer = (
  items: string[],
  request: number,
  timeoutMillis: number,
) => PostAnswer | Promise<PostAnswer>

/** A delivery whose Collector is a function; what it was sent is kept. */
function createDelivery(answerer: Answerer, options: Partial<AuditDeliveryOptions<string>> = {}) {
  const requests: string[][] = []
  const counted = { recorded: 0, stored: 0, refused: [] as string[] }
  const metrics: AuditMetrics = {
    recorded: () => (counted.recorded += 1),
    stored: (count) => (counted.stored += count),
    refused: (code) => counted.refused.push(code),
  }
  const reporter = createRecordingReporter()
  const delivery = createAuditDelivery<string>({
    url: URL,
    serialize: (items) => Buffer.from(JSON.stringify(items)),
    objectionTo: () => undefined,
    post: async (body, timeoutMillis) => {
      const items = JSON.parse(Buffer.from(body).toString('utf8')) as string[]
      requests.push(items)
      return answerer(items, requests.length, timeoutMillis)
    },
    timeoutMillis: 5_000,
    maxPendingRecords: 1_000,
    maxBatchRecords: 512,
    metrics,
    reporter,
    ...options,
  })
  return { delivery, requests, counted, lines: reporter.lines }
}

/** The error of a record that was not delivered. */
async function errorOf(delivered: Promise<void>): Promise<AuditError> {
  const error = await delivered.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AuditError)
  return error as AuditError
}

describe('a Collector that answers 200', () => {
  test('has stored the record: the promise resolves', async () => {
    const { delivery, requests, counted, lines } = createDelivery(() => answer(200))

    await delivery.deliver('a')

    expect(requests).toEqual([['a']])
    expect(counted).toEqual({ recorded: 1, stored: 1, refused: [] })
    expect(delivery.pending()).toBe(0)
    expect(lines).toEqual([])
  })

  test('gets the records of one turn in one request, in their order', async () => {
    const { delivery, requests } = createDelivery(() => answer(200))

    await Promise.all(['a', 'b', 'c'].map((item) => delivery.deliver(item)))

    expect(requests).toEqual([['a', 'b', 'c']])
  })

  test('gets no more records in one request than allowed, and the requests are begun in order', async () => {
    const { delivery, requests } = createDelivery(() => answer(200), { maxBatchRecords: 2 })

    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((item) => delivery.deliver(item)))

    expect(requests).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('has at most four requests to answer at a time', async () => {
    const gate = createDeferred()
    const { delivery, requests } = createDelivery(
      async () => {
        await gate.promise
        return answer(200)
      },
      { maxBatchRecords: 1 },
    )

    const all = Promise.all(Array.from({ length: 9 }, (_, index) => delivery.deliver(`${index}`)))
    await sleep(5)
    expect(requests).toHaveLength(4)
    expect(delivery.pending()).toBe(9)

    gate.resolve()
    await all
    expect(requests.flat()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8'])
  })
})

describe('a Collector that cannot just now', () => {
  test.each([429, 500, 502, 503, 504])('answers %d, and is asked again', async (status) => {
    const { delivery, requests, counted } = createDelivery((_items, request) =>
      answer(request === 1 ? status : 200),
    )

    await delivery.deliver('a')

    expect(requests).toEqual([['a'], ['a']])
    expect(counted).toEqual({ recorded: 1, stored: 1, refused: [] })
  })

  test('does not answer at all, and is asked again', async () => {
    const { delivery, requests } = createDelivery((_items, request) => {
      if (request === 1) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
      return answer(200)
    })

    await delivery.deliver('a')

    expect(requests).toHaveLength(2)
  })

  test('is reported once, with its way back', async () => {
    const { delivery, lines } = createDelivery((_items, request) =>
      answer(request < 3 ? 503 : 200, { body: request < 3 ? 'database is away' : '' }),
    )

    await delivery.deliver('a')
    await delivery.deliver('b')

    expect(lines).toEqual([
      `telltale: audit records cannot be delivered to ${URL}: HTTP 503 database is away\n`,
      `telltale: audit records are delivered again to ${URL}\n`,
    ])
  })

  test('is left alone for as long as Retry-After says', async () => {
    const times: number[] = []
    const { delivery } = createDelivery((_items, request) => {
      times.push(performance.now())
      return request === 1 ? answer(503, { headers: { 'retry-after': '0.3' } }) : answer(200)
    })

    await delivery.deliver('a')

    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(299)
  })

  test.each(['soon', 'Wed, 21 Oct 2026 07:28:00 GMT', ''])(
    'may send a Retry-After of %j, and the usual pause is made',
    async (retryAfter) => {
      const { delivery, requests } = createDelivery((_items, request) =>
        request === 1 ? answer(503, { headers: { 'retry-after': retryAfter } }) : answer(200),
      )

      await delivery.deliver('a')

      expect(requests).toHaveLength(2)
    },
  )
})

describe('the deadline', () => {
  test('rejects with the last reason, as unavailable', async () => {
    const { delivery, counted } = createDelivery(() => answer(503, { body: 'database is away' }), {
      timeoutMillis: 120,
    })

    const error = await errorOf(delivery.deliver('a'))

    expect(error.code).toBe('TELLTALE_AUDIT_UNAVAILABLE')
    expect(error.message).toBe(`${URL} did not confirm the audit record: HTTP 503 database is away`)
    expect(counted).toEqual({
      recorded: 1,
      stored: 0,
      refused: ['TELLTALE_AUDIT_UNAVAILABLE'],
    })
    expect(delivery.pending()).toBe(0)
  })

  test('rejects although the Collector stays silent', async () => {
    const { delivery } = createDelivery(() => new Promise(() => undefined), { timeoutMillis: 10 })

    const error = await errorOf(delivery.deliver('a'))

    expect(error.code).toBe('TELLTALE_AUDIT_UNAVAILABLE')
    expect(error.message).toContain('no confirmation in 10 ms')
  })

  test('bounds each request', async () => {
    let given = 0
    const { delivery } = createDelivery(
      (_items, _request, timeoutMillis) => {
        given = timeoutMillis
        return answer(200)
      },
      { timeoutMillis: 300 },
    )

    await delivery.deliver('a')

    expect(given).toBeGreaterThan(200)
    expect(given).toBeLessThanOrEqual(300)
  })

  test('is not waited for when Retry-After lies beyond it', async () => {
    const { delivery } = createDelivery(() => answer(503, { headers: { 'retry-after': '3600' } }))
    const start = performance.now()

    const error = await errorOf(delivery.deliver('a'))

    expect(error.code).toBe('TELLTALE_AUDIT_UNAVAILABLE')
    expect(performance.now() - start).toBeLessThan(1_000)
  })

  test('frees the way for later records, whatever Retry-After said before', async () => {
    const { delivery, requests } = createDelivery(
      (_items, request) =>
        request <= 4 ? answer(503, { headers: { 'retry-after': '3600' } }) : answer(200),
      { maxBatchRecords: 1, timeoutMillis: 300 },
    )
    const first = ['a', 'b', 'c', 'd'].map((item) => errorOf(delivery.deliver(item)))
    await Promise.all(first)

    await delivery.deliver('e')

    expect(requests.at(-1)).toEqual(['e'])
  })

  test('a confirmation that comes too late changes nothing', async () => {
    const gate = createDeferred()
    const { delivery } = createDelivery(
      async () => {
        await gate.promise
        return answer(200)
      },
      { timeoutMillis: 10 },
    )

    const error = await errorOf(delivery.deliver('a'))
    gate.resolve()
    await sleep(5)

    expect(error.code).toBe('TELLTALE_AUDIT_UNAVAILABLE')
    expect(delivery.pending()).toBe(0)
  })
})

describe('a Collector that refuses', () => {
  test.each([400, 413])('a batch with %d: only the bad record is lost', async (status) => {
    const { delivery, requests, counted, lines } = createDelivery((items) =>
      items.includes('bad') ? answer(status, { body: 'cannot read it' }) : answer(200),
    )

    const results = await Promise.allSettled(
      ['a', 'b', 'bad', 'c', 'd'].map((item) => delivery.deliver(item)),
    )

    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect((results[2] as PromiseRejectedResult).reason).toMatchObject({
      code: 'TELLTALE_AUDIT_REFUSED',
      message: `${URL} refused the audit record: HTTP ${status} cannot read it`,
    })
    expect(requests.at(0)).toEqual(['a', 'b', 'bad', 'c', 'd'])
    expect(requests).toContainEqual(['bad'])
    expect(counted).toEqual({ recorded: 5, stored: 4, refused: ['TELLTALE_AUDIT_REFUSED'] })
    expect(lines[0]).toContain('cannot read it')
  })

  test('with 401 is told to people with the variable to set', async () => {
    const { delivery, requests, lines } = createDelivery(() => answer(401))

    const error = await errorOf(delivery.deliver('a'))

    expect(error.code).toBe('TELLTALE_AUDIT_REFUSED')
    expect(error.message).toContain('HTTP 401; set TELLTALE_AUDIT_TOKEN')
    expect(lines[0]).toContain('TELLTALE_AUDIT_TOKEN')
    expect(requests).toHaveLength(1)
  })

  test('with 404 is told to people with the variable to check', async () => {
    const { delivery } = createDelivery(() => answer(404))

    expect((await errorOf(delivery.deliver('a'))).message).toContain('TELLTALE_AUDIT_ENDPOINT')
  })

  test.each([202, 204, 301, 403, 415])('with %d has not stored the record', async (status) => {
    const { delivery, requests, counted } = createDelivery(() => answer(status))

    const results = await Promise.all(
      ['a', 'b'].map(async (item) => (await errorOf(delivery.deliver(item))).code),
    )

    expect(results).toEqual(['TELLTALE_AUDIT_REFUSED', 'TELLTALE_AUDIT_REFUSED'])
    expect(requests).toHaveLength(1)
    expect(counted.stored).toBe(0)
  })

  test('in protobuf is not quoted', async () => {
    const { delivery } = createDelivery(() => answer(400, { body: '\u0008\u0003\u0012\u0004' }))

    expect((await errorOf(delivery.deliver('a'))).message).toMatch(/: HTTP 400$/)
  })

  test('at length is quoted in part', async () => {
    const { delivery } = createDelivery(() => answer(400, { body: 'x'.repeat(4_000) }))

    expect((await errorOf(delivery.deliver('a'))).message.length).toBeLessThan(300)
  })
})

describe('records that cannot be serialized', () => {
  test.each([
    ['nothing comes of them', () => undefined],
    [
      'the serializer throws',
      () => {
        throw new Error('no')
      },
    ],
  ])('are never taken for stored: %s', async (_title, serialize) => {
    const { delivery, counted } = createDelivery(() => answer(200), {
      serialize,
      post: async () => answer(200),
      timeoutMillis: 60,
    })

    const error = await errorOf(delivery.deliver('a'))

    expect(error.code).toMatch(/^TELLTALE_AUDIT_/)
    expect(counted.stored).toBe(0)
  })
})

describe('too many records', () => {
  test('are refused at once, and the others are not touched', async () => {
    const gate = createDeferred()
    const { delivery, counted } = createDelivery(
      async () => {
        await gate.promise
        return answer(200)
      },
      { maxPendingRecords: 2 },
    )
    const accepted = [delivery.deliver('a'), delivery.deliver('b')]

    const error = await errorOf(delivery.deliver('c'))
    gate.resolve()
    await Promise.all(accepted)

    expect(error.code).toBe('TELLTALE_AUDIT_OVERLOADED')
    expect(error.message).toBe(
      `2 audit records already wait for ${URL}; "audit.maxPendingRecords" allows no more`,
    )
    expect(counted).toEqual({ recorded: 2, stored: 2, refused: ['TELLTALE_AUDIT_OVERLOADED'] })
    await expect(delivery.deliver('d')).resolves.toBeUndefined()
  })
})

describe('idle', () => {
  test('is at once what has nothing pending', async () => {
    const { delivery } = createDelivery(() => answer(200))

    await expect(delivery.idle()).resolves.toBeUndefined()
  })

  test('comes after the last record, delivered or not, for everyone who waits', async () => {
    const gate = createDeferred()
    const { delivery } = createDelivery(
      async (items) => {
        await gate.promise
        return answer(items.includes('bad') ? 403 : 200)
      },
      { maxBatchRecords: 1 },
    )
    const good = delivery.deliver('good')
    const bad = errorOf(delivery.deliver('bad'))
    let idle = 0
    const waiting = [1, 2].map(async () => {
      await delivery.idle()
      idle += 1
    })

    await sleep(5)
    expect(idle).toBe(0)

    gate.resolve()
    await Promise.all([...waiting, good, bad])
    expect(idle).toBe(2)
  })
})
