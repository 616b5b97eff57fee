import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineAuditEvent } from '../../../src/audit/define-audit-event.ts'
import { describeIssue, type StandardSchema } from '../../../src/audit/standard-schema.ts'

interface Claim {
  readonly amount: string
}

const validators: readonly (readonly [string, StandardSchema<Claim>])[] = [
  ['valibot', v.object({ amount: v.pipe(v.string(), v.trim()) })],
  ['zod', z.object({ amount: z.string().trim() })],
]

describe.each(validators)('%s', (_name, details) => {
  const { validate } = details['~standard']

  test('is taken as it is, with the types of its details', () => {
    const event = defineAuditEvent({ name: 'reward_claimed', action: 'claim_reward', details })

    expect(event.name).toBe('reward_claimed')
  })

  test('answers with its output, or with issues that name their place', async () => {
    expect(await validate({ amount: ' 12.5 ' })).toMatchObject({ value: { amount: '12.5' } })
    const { issues = [] } = await validate({ amount: 12.5 })
    expect(issues.map(describeIssue)).toEqual([expect.stringMatching(/^amount: .*string/i)])
  })
})
