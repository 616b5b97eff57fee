import { afterAll, beforeAll, expect, test } from 'vitest'
import { allAttacks } from '../tamper/attacks/all.ts'
import { type FilledTrail, fillTrail } from '../tamper/filled-trail.ts'
import { runAttack, verifyUntouched } from '../tamper/run-attack.ts'

// One of each kind; `npm run tamper` tries them all.
const NAMES = [
  'update a record',
  'detach and drop a partition',
  'update ingested_by',
  'delete a record in the middle',
  'rewrite the whole chain and all seals consistently',
  'put the annex of another record',
  'restore an old backup and roll the checkpoint files back to it',
]

let trail: FilledTrail

beforeAll(async () => {
  trail = await fillTrail(() => {})
}, 300_000)

afterAll(async () => trail?.[Symbol.asyncDispose]())

test('a trail that nobody touched is green', async () => {
  expect(await verifyUntouched(trail.source)).toMatchObject({ verdict: 'green' })
})

test.each(NAMES.map((name, index) => [name, index] as const))(
  'is found: %s',
  async (name, index) => {
    const attack = allAttacks(trail.columns).find((each) => each.name === name)
    expect(await runAttack(attack!, trail.source, `tamper_e2e_${index}`)).toMatchObject({
      detected: true,
      firstBadRecordRight: true,
    })
  },
)
