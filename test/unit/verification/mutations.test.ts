import { describe, expect, test } from 'vitest'
import { allChecks, type CheckName, CHECKS } from '../../../src/verification/checks.ts'
import { attacked, ATTACKS } from '../../support/audit/attacks.ts'
import { verifyRows } from '../../support/audit/sample-trail.ts'

const attacks = Object.entries(ATTACKS).flatMap(([check, attack]) =>
  [true, false].map((isQuick) => ({
    check: check as CheckName,
    way: isQuick ? 'the quick way first' : 'every record in full',
    isQuick,
    ...attack,
  })),
)

test('every check has an attack that it is there for', () => {
  expect(Object.keys(ATTACKS).toSorted()).toEqual(Object.keys(CHECKS).toSorted())
})

describe.each(attacks)('$check: $name, $way', ({ check, isQuick, ...attack }) => {
  test('is found, by its rule alone', async () => {
    const { trail, options } = attacked(attack)

    const { verdict, first, counts } = await verifyRows(trail.writer, { ...options, isQuick })

    expect(verdict).toBe('red')
    expect(first?.rule).toBe(CHECKS[check])
    expect(Object.keys(counts).filter((rule) => rule !== 'checkpoints-missing')).toEqual([
      CHECKS[check],
    ])
  })

  test('is not found by a verifier that lacks this one check', async () => {
    const { trail, options } = attacked(attack)
    const checks = new Set([...allChecks].filter((each) => each !== check))

    const { verdict } = await verifyRows(trail.writer, { ...options, checks, isQuick })

    expect(verdict).toBe(options.withoutCheckpoints ? 'amber' : 'green')
  })
})
