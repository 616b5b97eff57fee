import { expect, test } from 'vitest'
import { faults } from '../faults/faults.ts'
import { places } from '../faults/fault.ts'
import { select } from '../faults/select.ts'
import { toJson } from '../faults/show.ts'

test('every fault has a name of its own, which no place has', () => {
  const names = [...places, ...faults.map(({ name }) => name)]

  expect(new Set(names).size).toBe(names.length)
})

test('the command line takes faults and places, and names what it does not know', () => {
  const [network] = [faults.filter(({ where }) => where === 'network')]

  expect(select(faults, [])).toEqual(faults)
  expect(select(faults, ['network'])).toEqual(network)
  expect(select(faults, ['data-nul', 'data-ids'])).toMatchObject([
    { name: 'data-nul' },
    { name: 'data-ids' },
  ])
  expect(select(faults, ['data-nul', 'flood'])).toMatch(/^no fault flood; there are producer, /)
})

test('what --json prints has the fields that are promised, and no others', () => {
  const counts = { rounds: 3, recorded: 5, stored: 4, lost: 1, doubled: 0 }
  const row = { where: 'data', fault: 'data-nul', ...counts, verdict: 'green' } as const

  expect(JSON.parse(toJson([{ ...row, seconds: 1, notes: ['a note'] }]))).toEqual([row])
})
