import { describe, expect, test } from 'vitest'
import { createPlainMeter } from '../support/plain-meter.ts'

const TOO_LARGE =
  'telltale: metric orders: a label is longer than 1024 characters, or there are more than 64 of them; what is beyond is cut off\n'

/** The labels of the one series that is there after two measurements, and what was said of it. */
async function kept(labels: Record<string, unknown>) {
  const { meter, series, reported } = createPlainMeter()
  const orders = meter.createCounter('orders')
  for (let times = 0; times < 2; times += 1) orders.add(1, labels)
  const lines = await series()
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^orders_total\{.*\} 2$/)
  return { labels: /\{(.*)\}/.exec(lines[0]!)![1], reported }
}

const toMany = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_none, index) => [`l${index}`, 'x']))

describe('what is as large as it may be is whole, and nothing is said', () => {
  test.each([
    ['a name', { ['n'.repeat(1_024)]: 'a' }],
    ['a text', { shop: 't'.repeat(1_024) }],
    ['64 labels', toMany(64)],
    ['a list of one text', { shop: ['t'.repeat(1_021)] }],
    ['a list of numbers', { shop: Array.from({ length: 250 }, () => 1) }],
    ['nothing', { shop: 'a', tip: null }],
    ['nothing beside 64 labels', { ...toMany(63), tip: null, l63: 'x' }],
    [
      '64 labels that have inherited others',
      Object.assign(Object.create({ by: 'card' }), toMany(64)),
    ],
  ] as readonly [string, Record<string, unknown>][])('%s', async (_what, labels) => {
    const { labels: shown, reported } = await kept(labels)
    const parts = Object.entries(labels)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value)
        return `${name}="${text.replaceAll('"', String.raw`\"`)}"`
      })

    expect(shown!.split(/(?<="),/).toSorted()).toEqual(parts.toSorted())
    expect(reported).toEqual([])
  })
})

describe('what is larger is cut, which is said once', () => {
  const x = 'x'.repeat(1_024)

  test.each([
    ['a name', { [`${x}y`]: 'a' }, `${x}="a"`],
    ['a text', { shop: `${x}y` }, `shop="${x}"`],
    ['a list of one text', { shop: ['x'.repeat(1_022)] }, 'shop="[]"'],
    ['a name deep inside', { of: { [x]: 1 } }, 'of="[too large]"'],
    ['an object with numbers', { of: { n: Array(1_024).fill(1) } }, 'of="[too large]"'],
    [
      'one of several: the others stay as they are',
      {
        shop: `${x}y`,
        of: { id: 7 },
        list: [1, 2],
        none: undefined,
        nothing: null,
        n: 5,
        yes: true,
      },
      String.raw`list="[1,2]",n="5",of="{\"id\":7}",shop="${x}",yes="true"`,
    ],
    [
      'one of many: those without a value do not count',
      {
        shop: `${x}y`,
        ...Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`n${i}`, null])),
        z: 'z',
      },
      `shop="${x}",z="z"`,
    ],
  ] as readonly [string, Record<string, unknown>, string][])('%s', async (_what, labels, left) => {
    const { labels: shown, reported } = await kept(labels)

    expect(shown).toBe(left)
    expect(reported).toEqual([TOO_LARGE])
  })

  test('the sixty-fifth label', async () => {
    const { labels, reported } = await kept(toMany(65))

    expect(labels!.match(/l\d+="x"/g)).toHaveLength(64)
    expect(labels).not.toContain('l64=')
    expect(reported).toEqual([TOO_LARGE])
  })

  test('a list with the first items, as many as there is room for together', async () => {
    const items = Array.from({ length: 500 }, (_none, index) => `item ${index}`)
    const { labels, reported } = await kept({ items })
    const left = JSON.parse(/items="(.*)"/.exec(labels!)![1]!.replaceAll('\\', '')) as string[]

    expect(left).toEqual(items.slice(0, left.length))
    expect(left.length).toBeGreaterThan(50)
    expect(JSON.stringify(left).length).toBeLessThan(1_300)
    expect(reported).toEqual([TOO_LARGE])
  })

  test('one part that is there twice counts twice', async () => {
    const part = ['x'.repeat(600)]
    const { labels } = await kept({ of: { first: part, second: part } })

    expect(labels).toBe('of="[too large]"')
  })
})

test('of labels of which one cannot be read the others are there, and no longer than they may be', async () => {
  const { labels, reported } = await kept({
    a: 'first',
    get broken(): string {
      throw new Error('not for you')
    },
    n: 5,
    none: undefined,
    shop: 'x'.repeat(2_000),
    yes: true,
    z: 'last',
  })

  expect(labels).toBe(`a="first",n="5",shop="${'x'.repeat(1_024)}",yes="true",z="last"`)
  expect(reported).toEqual(['telltale: metric orders: attributes could not be read: not for you\n'])
})
