import { expect, test } from 'vitest'
import type { Stack } from '../../../deploy/stack/stack.ts'
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
