import { expect, test } from 'vitest'
import type { Stack } from '../../../deploy/stack/stack.ts'
import { problemOfHealthCheck } from '../../../examples/support/find-promised.ts'
import { createStage, type Example } from '../../../examples/support/stage.ts'

const example: Example = {
  name: 'some-api',
  contract: [
    { kind: 'setting', name: 'METRICS_ENABLED' },
    { kind: 'setting', name: 'PORT' },
    { kind: 'healthCheck', name: 'database' },
  ],
  run: async () => ({ metricsUrls: {}, services: [] }),
}

const start = (): ReturnType<typeof createStage> =>
  createStage(example, {} as Stack, new AsyncDisposableStack(), () => {})

test('what was tried is known with the reason why it failed', async () => {
  const { stage, attempts } = start()

  await stage.prove('METRICS_ENABLED', () => {})
  await stage.prove('PORT', async () => {
    throw new Error('it listened elsewhere')
  })

  expect([...attempts]).toEqual([
    ['METRICS_ENABLED', undefined],
    ['PORT', 'it listened elsewhere'],
  ])
})

test('what has failed once stays failed, whatever is tried under its name later', async () => {
  const { stage, attempts } = start()

  await stage.prove('PORT', async () => {
    throw new Error('it listened elsewhere')
  })
  await stage.prove('PORT', () => {})

  expect(attempts.get('PORT')).toBe('it listened elsewhere')
})

test.each(['HOST', 'database'])(
  '%s, which is no setting of the contract, is refused',
  async (name) => {
    await expect(start().stage.prove(name, () => {})).rejects.toThrow(
      `the contract of some-api has no setting "${name}"`,
    )
  },
)

test.each([
  [[], 'no answer had it'],
  [['unhealthy'], 'it was never seen healthy'],
  [['healthy', 'healthy'], 'it was never seen otherwise than healthy'],
  [['healthy', 'unhealthy'], undefined],
])('a health check that was seen %j: %s', (states, problem) => {
  const { stage, healthStates } = start()

  for (const status of states) stage.sawHealth({ database: { status }, redis: 'healthy' })

  expect(problemOfHealthCheck(healthStates.get('database'))).toBe(problem)
})
