import { expect, test } from 'vitest'
import { verifyRows, writeSampleTrail } from '../../support/audit/sample-trail.ts'

test('a trail that nobody has touched is green, whatever it is cut into', async () => {
  const { writer } = writeSampleTrail()
  for (const rangeLeaves of [1, 3, 1_000]) {
    expect(await verifyRows(writer, { rangeLeaves })).toEqual({
      verdict: 'green',
      records: 13,
      seals: 7,
      sealers: 2,
      streams: 2,
      checkpoints: 4,
      pending: { seals: 0, records: 0, inFlight: 0 },
      problems: [],
      counts: {},
      first: null,
    })
  }
})
