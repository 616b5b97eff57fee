import type { Attributes } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { toPrometheusLabels } from '../../../src/metrics/prometheus-labels.ts'

/** What an application in JavaScript can put where an attribute value belongs. */
const odd = (value: unknown): Attributes => ({ odd: value })

describe('names', () => {
  test.each([
    ['http.route', 'http_route'],
    ['tenant-id', 'tenant_id'],
    ['a/b', 'a_b'],
    ['tenant_id', 'tenant_id'],
    ['a..b', 'a_b'],
    ['Tenant', 'Tenant'],
  ])('%j is exposed as %j without a word', (key, label) => {
    expect(toPrometheusLabels({ [key]: 'x' })).toEqual({ labels: { [label]: 'x' }, faults: [] })
  })

  test.each([
    ['le', 'exported_le'],
    ['quantile', 'exported_quantile'],
    ['__name__', 'exported_name_'],
    ['__address__', 'exported_address_'],
    ['5xx', 'key_5xx'],
    ['with space', 'with_space'],
    ['line\nbreak', 'line_break'],
    ['quote"', 'quote_'],
    ['back\\slash', 'back_slash'],
    ['日本', 'key'],
    ['', 'key_'],
    ['.le', '_le'],
  ])('%j is exposed as %j, and that is a fault to report', (key, label) => {
    const { labels, faults } = toPrometheusLabels({ [key]: 'x' })

    expect(labels).toEqual({ [label]: 'x' })
    expect(faults).toEqual([`the attribute "${key}" is exposed as "${label}"`])
    expect(label).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
  })

  test('names that every object has are ordinary', () => {
    expect(toPrometheusLabels(JSON.parse('{"constructor":"a","toString":"b"}'))).toEqual({
      labels: { constructor: 'a', toString: 'b' },
      faults: [],
    })
  })
})

describe('keys that fall together', () => {
  test('have their values joined in the order of the keys, and it is reported', () => {
    const { labels, faults } = toPrometheusLabels({ a_b: 'second', 'a.b': 'first' })

    expect(labels).toEqual({ a_b: 'first;second' })
    expect(faults).toEqual([
      'the attribute "a_b" falls together with another as "a_b"; values are joined',
    ])
  })

  test('may be more than two', () => {
    expect(toPrometheusLabels({ 'a.b': 1, 'a-b': 2, a_b: 3 }).labels).toEqual({ a_b: '2;1;3' })
  })
})

describe('values', () => {
  test.each([
    ['text', 'text'],
    ['', ''],
    [200, '200'],
    [0.5, '0.5'],
    [true, 'true'],
    [['a', 'b'], '["a","b"]'],
    ['line\nbreak "quoted" back\\slash', 'line\nbreak "quoted" back\\slash'],
    ['carriage\rreturn', 'carriage return'],
  ])('%j is exposed as %j', (value, expected) => {
    expect(toPrometheusLabels({ key: value }).labels).toEqual({ key: expected })
  })

  test('a carriage return does not survive in a joined value either', () => {
    expect(toPrometheusLabels({ 'a.b': 'x', a_b: 'y\rz' }).labels).toEqual({ a_b: 'x;y z' })
  })

  test.each([undefined, null])('an attribute that is %s makes no label', (value) => {
    expect(toPrometheusLabels(odd(value)).labels).toEqual({})
  })

  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic

  test.each([
    ['a big integer', 5n, '5'],
    ['a function', Math.max, 'function'],
    ['a symbol', Symbol('x'), 'symbol'],
    ['an object within itself', cyclic, 'object'],
  ])('%s, which no attribute may be, is exposed all the same', (_title, value, expected) => {
    expect(toPrometheusLabels(odd(value)).labels).toEqual({ odd: expected })
  })

  test('texts that differ in half a sign only are the same label, as they are on the wire', () => {
    const [left, right] = ['\ud800', '\ud801'].map((half) => toPrometheusLabels({ a: half }).labels)
    expect(left).toEqual(right)
    expect(left).toEqual({ a: '\ufffd' })
  })
})
