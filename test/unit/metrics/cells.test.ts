import { expect, test } from 'vitest'
import { createCellsByAttributes } from '../../../src/metrics/cells-by-attributes.ts'
import { createCellsByObject } from '../../../src/metrics/cells.ts'

const silent = { unreadable: () => undefined, tooLarge: () => undefined, overflow: () => undefined }

function createCells() {
  return createCellsByObject(undefined, createCellsByAttributes(Infinity, undefined, silent))
}

test('the series of a frozen object is the same for this object, and another one for each other', () => {
  const cells = createCells()
  const [labels, alike] = [Object.freeze({ shop: 'a' }), Object.freeze({ shop: 'a' })]
  expect(cells.known(labels)).toBeUndefined()
  const cell = cells.find(labels)

  expect(cells.find(labels)).toBe(cell)
  expect(cells.known(labels)).toBe(cell)
  expect(cells.find(alike)).not.toBe(cell)
  expect(cell.labels).toBe(labels)
})

test('a series that is removed leaves nothing, frozen labels or not', () => {
  const cells = createCells()
  for (const labels of [Object.freeze({ shop: 'a' }), { shop: 'a' }]) {
    const cell = cells.find(labels)
    expect(cells.values()).toEqual([cell])
    cells.remove(cell)
    expect(cells.values()).toEqual([])
    expect(cells.known(labels)).toBeUndefined()
    expect(cells.find(labels)).not.toBe(cell)
    cells.remove(cells.find(labels))
  }
})
