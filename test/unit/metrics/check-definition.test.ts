import { describe, expect, test } from 'vitest'
import { problemsOfCatalogue } from '../../../src/metrics/check-definition.ts'
import {
  counter,
  gauge,
  histogram,
  observableGauge,
  upDownCounter,
  type MetricDefinition,
} from '../../../src/metrics/definitions.ts'
import { upTo } from '../../../src/metrics/label-types.ts'
import { exampleContracts } from '../support/example-contracts.ts'

const description = 'What it says.'

function problemsOf(...definitions: readonly object[]): string[] {
  return problemsOfCatalogue(Object.fromEntries(definitions.entries()), new Map())
}

/** Options that types would refuse. */
const counted = (options: object): MetricDefinition => counter(options as never)

const withLabels = (labels: unknown, more: object = {}): string[] =>
  problemsOf(counted({ name: 'orders_total', description, labels, ...more }))

describe('the name declared is the name exposed', () => {
  test.each([
    [counter({ name: 'orders_total', description })],
    [counter({ name: 'cpu_seconds_total', unit: 's', description })],
    [counter({ name: 'orders_total', unit: '{order}', description })],
    [gauge({ name: 'jwt_active_keys_total', description })],
    [gauge({ name: 'load_percent', unit: '%', description })],
    [upDownCounter({ name: 'in_flight', description })],
    [histogram({ name: 'wait_seconds', unit: 's', description })],
    [histogram({ name: 'wait_seconds', description, buckets: [1, 2] })],
    [histogram({ name: 'size_bytes', unit: 'By', description, buckets: [2 ** 20] })],
  ])('$name is taken', (definition) => {
    expect(problemsOf(definition)).toEqual([])
  })

  test.each([
    [counter({ name: 'orders', description }), 'orders_total'],
    [counter({ name: 'orders_total', unit: 's', description }), 'orders_seconds_total'],
    [gauge({ name: 'load', unit: '%', description }), 'load_percent'],
    [gauge({ name: 'load', unit: '1', description }), 'load_ratio'],
    [histogram({ name: 'wait', unit: 's', description }), 'wait_seconds'],
    [histogram({ name: 'a__b', unit: 's', description }), 'a_b_seconds'],
  ])('$name is refused, with the name it would get', (definition, exposed) => {
    const [problem, ...more] = problemsOf(definition)

    expect(more).toEqual([])
    expect(problem).toContain(`metric "${definition.name}": it would be exposed as ${exposed}`)
    expect(problem).toContain(`declare it as "${exposed}"`)
  })

  test.each([
    '',
    '1st_total',
    'a.b_total',
    'job:orders_total',
    'größe_total',
    ' a_total',
    'a'.repeat(256),
    5,
    null,
  ])('the name %j is refused', (name) => {
    expect(problemsOf(counted({ name, description }))).toEqual([
      expect.stringContaining('"name" must be as Prometheus shows it'),
    ])
  })

  test('target_info is taken', () => {
    expect(problemsOf(gauge({ name: 'target_info', description }))).toHaveLength(1)
  })

  test('every metric that the five teams were promised can be declared under its name', async () => {
    const promised = await exampleContracts()
    const problems = promised.flatMap(({ name, type, labels, buckets }) => {
      const rules = Object.fromEntries(labels.map((label) => [label, upTo(100)]))
      const options = { name, description, labels: rules }
      if (type === 'counter') return problemsOf(counter(options))
      if (type === 'gauge') return problemsOf(gauge(options))
      return problemsOf(histogram({ ...options, buckets: buckets ?? [1] }))
    })

    expect(promised.length).toBeGreaterThan(40)
    expect(problems).toEqual([])
  })
})

describe('labels', () => {
  test.each(['le', 'quantile', '__name__', '__x', 'a-b', 'a.b', '1a', '', 'a__b', 'ä'])(
    'the name %j is refused with what it would become',
    (label) => {
      expect(withLabels({ [label]: upTo(5) })).toEqual([
        expect.stringMatching(/is reserved or not valid in Prometheus and would be exposed as "/),
      ])
    },
  )

  test.each(['job', 'instance', 'otel_scope_name'])('the name %s is somebody else’s', (label) => {
    expect(withLabels({ [label]: upTo(5) })).toEqual([
      expect.stringContaining('choose another name'),
    ])
  })

  test.each([
    ['no list', 'all', 'must be a list of its values, or upTo(bound); got "all"'],
    ['an empty list', [], 'its list has no values'],
    ['a value twice', ['1', 1], 'its list has "1" twice'],
    [
      'an object in it',
      [{}],
      'its values must be texts of at most 1 024 characters, numbers or booleans; got {}',
    ],
    ['other in it', ['a', 'other'], '"other" stands for the values outside the list; leave it out'],
    ['a bound of 0', upTo(0), 'its bound must be a whole number of 1 to 1000000; got 0'],
    [
      'a bound that is no number',
      { upTo: '5' },
      'its bound must be a whole number of 1 to 1000000; got "5"',
    ],
    [
      'too high a bound',
      upTo(1_000_001),
      'its bound must be a whole number of 1 to 1000000; got 1000001',
    ],
  ])('%s is refused', (_what, rule, problem) => {
    expect(withLabels({ shop: rule })).toEqual([`metric "orders_total": label "shop": ${problem}`])
  })

  test('lists that multiply beyond 10 000 series are refused: all of them exist from the start', () => {
    const list = Array.from({ length: 101 }, (_, index) => index)

    expect(withLabels({ a: list, b: list })).toEqual([expect.stringContaining('10201 series')])
  })

  test.each([
    [0, '"maxSeries" must be a whole number of 1 to 1000000; got 0'],
    [1, '"maxSeries" must be at least 2, the series that its lists make; got 1'],
  ])('maxSeries %d is refused', (maxSeries, problem) => {
    expect(withLabels({ a: ['x', 'y'], b: upTo(9) }, { maxSeries })).toEqual([
      `metric "orders_total": ${problem}`,
    ])
  })
})

test('every problem of every metric is listed', () => {
  const problems = problemsOf(
    counted({ name: 'orders', description: ' ', colour: 'red', unit: '' }),
    histogram({ name: 'size', description, buckets: [2, 1] }),
    histogram({ name: 'weight', description }),
    observableGauge({ name: 'up_now', description, observe: 5 as never }),
    { name: 'loose', description },
    null as never,
  )

  expect(problems).toEqual([
    'metric "orders": a counter has no option "colour"; it has name, description, unit, labels, maxSeries',
    'metric "orders": "description" must be a sentence, for the HELP text; got " "',
    expect.stringContaining('metric "orders": it would be exposed as orders_total'),
    'metric "size": "buckets" must be finite numbers, each larger than the one before, at most 500 of them; got [2,1]',
    'metric "weight": "buckets" must be given: only for the unit s is there a default',
    'metric "up_now": "observe" must be a function; got 5',
    expect.stringContaining('"4" must be declared with counter()'),
    expect.stringContaining('"5" must be declared with counter()'),
  ])
})

describe('a name that is declared twice', () => {
  const orders = counter({
    name: 'orders_total',
    description,
    labels: { a: ['x', 'y'], b: upTo(5) },
  })

  test.each([
    ['alike', { labels: { a: ['x', 'y'], b: upTo(5) } }],
    ['with its labels in another order', { labels: { b: upTo(5), a: ['x', 'y'] } }],
    ['with its values in another order', { labels: { a: ['y', 'x'], b: upTo(5) } }],
  ])('%s is the same metric', (_what, more) => {
    expect(problemsOf(orders, counted({ name: 'orders_total', description, ...more }))).toEqual([])
  })

  test.each([
    ['another description', { description: 'Else.' }],
    ['another value', { labels: { a: ['y'], b: upTo(5) } }],
    ['another bound', { labels: { a: ['x', 'y'], b: upTo(6) } }],
    ['a label more', { labels: { a: ['x', 'y'], b: upTo(5), c: upTo(5) } }],
  ])('with %s is refused', (_what, more) => {
    const again = counted({ name: 'orders_total', description, labels: orders.labels, ...more })

    expect(problemsOf(orders, again)).toEqual([
      expect.stringContaining('it is declared already, in another shape'),
    ])
  })

  test('as another kind is refused', () => {
    expect(
      problemsOf(
        gauge({ name: 'size', description }),
        upDownCounter({ name: 'size', description }),
      ),
    ).toHaveLength(1)
  })

  test.each(['size_bucket', 'size_sum', 'size_count'])(
    'as a part of a histogram (%s) is refused, whichever comes first',
    (name) => {
      const size = histogram({ name: 'size', description, buckets: [1] })
      const part = gauge({ name, description })

      expect(problemsOf(size, part)).toHaveLength(1)
      expect(problemsOf(part, size)).toHaveLength(1)
    },
  )
})

describe('what JavaScript lets through', () => {
  test.each([null, undefined, 'abc', 7])('%j in place of definitions is refused', (given) => {
    expect(problemsOfCatalogue(given as never, new Map()).length).toBeGreaterThan(0)
  })

  test.each([
    ['a name that is a symbol', { name: Symbol('x'), description, buckets: [1] }],
    ['labels that are a text', { name: 'twice', description, buckets: [1], labels: 'abc' }],
    ['a label that is a number', { name: 'twice', description, buckets: [1], labels: { a: 5 } }],
    ['a unit that every object has', { name: 'twice', description, unit: 'constructor' }],
    ['a bound that is a big integer', { name: 'twice', description, buckets: [1n] }],
  ])('%s is refused with its reason, also beside another of that name', (_what, options) => {
    const [first, second] = [{ name: 'twice', description, buckets: [1] }, options]
    const problems = problemsOf(histogram(first), histogram(second as never))

    expect(problems.length).toBeGreaterThan(0)
    for (const problem of problems) expect(problem).toMatch(/^metric /)
  })
})

test.each(['up', 'ALERTS', 'scrape_duration_seconds'])(
  'the name %s is refused: Prometheus makes such a series itself',
  (name) => {
    expect(problemsOf(gauge({ name, description }))).toEqual([
      `metric "${name}": the name is taken: Prometheus makes a series of it for every target; choose another`,
    ])
  },
)

test.each(['load_', 'load__average'])('of %s the underscores are the problem', (name) => {
  expect(problemsOf(gauge({ name, description })).join()).toContain('words are divided by single _')
})

test('no unit and an empty one are the same shape', () => {
  const options = { name: 'orders_total', description }

  expect(problemsOf(counter(options), counter({ ...options, unit: '' }))).toEqual([])
})

test('more than 500 buckets are refused: each series has all of them', () => {
  const buckets = Array.from({ length: 501 }, (_, index) => index)

  expect(problemsOf(histogram({ name: 'size', description, buckets }))).toHaveLength(1)
  expect(problemsOf(histogram({ name: 'size', description, buckets: buckets.slice(1) }))).toEqual(
    [],
  )
})

test('a list of 100 000 values is refused at once', () => {
  const before = process.cpuUsage()
  const problems = withLabels({ shop: Array.from({ length: 100_000 }, (_, index) => index) })
  const { user, system } = process.cpuUsage(before)

  expect(problems).toHaveLength(1)
  // To compare each with each takes a quarter of a minute.
  expect((user + system) / 1_000).toBeLessThan(2_000)
})

test('what is done to the lists afterwards changes nothing that is declared', () => {
  const [states, buckets] = [
    ['up', 'down'],
    [1, 2],
  ]
  const labels = { state: states }
  const declared = histogram({ name: 'size', description, buckets, labels })
  states.push('gone')
  buckets.push(0)
  Object.assign(labels, { le: ['x'] })

  expect(declared).toMatchObject({ buckets: [1, 2], labels: { state: ['up', 'down'] } })
  expect(Object.keys(declared.labels as object)).toEqual(['state'])
})
