import { expect, test } from 'vitest'
import type { Span } from '../../../examples/support/traces.ts'
import { drawWaterfall, formatMillis } from '../../../examples/demo/waterfall.ts'

const span = (
  spanId: string,
  parentSpanId: string | undefined,
  name: string,
  [startMillis, endMillis]: readonly [number, number],
  more: Partial<Span> = {},
): Span => ({
  traceId: 'a'.repeat(32),
  spanId,
  parentSpanId,
  name,
  service: 'shop',
  kind: 'internal',
  startMillis,
  endMillis,
  isError: false,
  attributes: new Map(),
  ...more,
})

const trace = [
  span('4', '3', 'POST', [40, 80], { service: 'bank', kind: 'server' }),
  span('1', undefined, 'POST /orders', [0, 100], { kind: 'server' }),
  span('3', '1', 'pay', [30, 90]),
  span('2', '1', 'SELECT', [10, 20], { kind: 'client' }),
  span('5', '1', 'UPDATE', [90, 90.001], { kind: 'client' }),
]

test('children stand below their parent in the order of time, each with its bar and duration', () => {
  expect(drawWaterfall(trace, { width: 80 })).toEqual([
    'shop: POST /orders  100.0 ms  ██████████████████████████████████████████████████',
    '├─ SELECT            10.0 ms       █████',
    '├─ pay               60.0 ms                 ██████████████████████████████',
    '│  └─ bank: POST     40.0 ms                      ████████████████████',
    '└─ UPDATE            0.00 ms                                               ▏',
  ])
})

test('no line is wider than the terminal', () => {
  const long = span('6', '4', 'a name that says everything there is to say about it', [50, 60])
  for (const width of [60, 80, 132]) {
    const lines = drawWaterfall([...trace, long], { width })
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
  }
})

test('a span whose parent never arrived is drawn as a root', () => {
  const [first] = drawWaterfall([span('9', 'gone', 'orphan', [0, 1])], { width: 60 })

  expect(first).toMatch(/^shop: orphan/)
})

test('a span that failed is painted red', () => {
  const failed = [span('1', undefined, 'pay', [0, 1], { isError: true })]
  const [line] = drawWaterfall(failed, {
    width: 60,
    paint: (style, text) => (style === 'red' ? `<${text}>` : text),
  })

  expect(line).toMatch(/^<shop: pay> .*<█+>$/)
})

test('a duration is written with the unit that suits it', () => {
  expect([0.0421, 0.42, 9.994, 61.27, 1_204].map(formatMillis)).toEqual([
    '0.04 ms',
    '0.42 ms',
    '9.99 ms',
    '61.3 ms',
    '1.20 s',
  ])
})
