import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStack, type Stack } from '../../deploy/stack/stack.ts'
import { startRewardsApi } from '../../examples/demo/rewards-system.ts'
import { countAudit } from './support/audit-counts.ts'
import { recordedAs } from './support/recorded-as.ts'
import { type RewardsSystem, startRewards } from './support/rewards-system.ts'

const open = new AsyncDisposableStack()
let stack: Stack
let rewards: RewardsSystem

beforeAll(async () => {
  stack = open.use(await startStack())
  rewards = open.use(await startRewards(stack, { name: 'rewards-repeated' }))
})
afterAll(async () => open.disposeAsync())

test('a claim that is sent twice is paid once and recorded once', async () => {
  const quiz = await rewards.passQuiz('grace')
  const payments = await rewards.paymentsMade()

  const first = await rewards.claimAs('grace', quiz)
  const second = await rewards.claimAs('grace', quiz)

  expect([first, second].map(({ status, body }) => [status, body['status']])).toEqual([
    [200, 'claimed'],
    [200, 'already_claimed'],
  ])
  expect(second.body['txHash']).toBe(first.body['txHash'])
  expect(await rewards.paymentsMade()).toBe(payments + 1)
  const rows = await recordedAs(stack, 'target_id', `${quiz}-grace`)
  expect(rows).toHaveLength(1)
})

test('of claims sent at the same moment one is paid and recorded, and no record conflicts', async () => {
  const quiz = await rewards.passQuiz('linus')
  const payments = await rewards.paymentsMade()

  const answers = await Promise.all(
    Array.from({ length: 8 }, async () => rewards.claimAs('linus', quiz)),
  )

  const claimed = answers.filter(({ body }) => body['status'] === 'claimed')
  expect(claimed).toHaveLength(1)
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
  expect(await rewards.paymentsMade()).toBe(payments + 1)
  const rows = await recordedAs(stack, 'target_id', `${quiz}-linus`)
  expect(rows).toHaveLength(1)
  expect(await countAudit(stack.addresses.postgres)).toMatchObject({ conflicts: 0, quarantine: 0 })
})

test('a claim whose audit record finds no disk answers 503, and the repeat neither pays nor records twice', async () => {
  const quiz = await rewards.passQuiz('ada')
  const payments = await rewards.paymentsMade()
  const withoutDisk = await startRewardsApi(
    { ...rewards.plan, variables: { TELLTALE_AUDIT_SPOOL_DIRECTORY: '/dev/null' } },
    'rewards-api-refused',
  )
  const refused = await rewards.claimAs('ada', quiz, withoutDisk.url)
  await withoutDisk.stop()
  const repeated = await rewards.claimAs('ada', quiz)

  expect(refused.status).toBe(503)
  expect(repeated).toMatchObject({ status: 200, body: { status: 'claimed' } })
  expect(await rewards.paymentsMade()).toBe(payments + 1)
  const rows = await recordedAs(stack, 'target_id', `${quiz}-ada`)
  expect(rows.map((row) => row.record_id)).toEqual([repeated.body['auditRecordId']])
})
