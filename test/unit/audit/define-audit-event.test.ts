import { describe, expect, test } from 'vitest'
import { defineAuditEvent, type AuditEventOptions } from '../../../src/audit/define-audit-event.ts'
import { ConfigError } from '../../../src/core/errors.ts'

/** The problems that a definition is refused for. */
function problemsOf(options: object): readonly string[] {
  try {
    defineAuditEvent(options as AuditEventOptions<unknown>)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('a definition is what was given, and cannot be changed', () => {
  const event = defineAuditEvent({
    name: 'reward_claimed',
    action: 'claim_reward',
    targetType: 'quiz',
  })

  expect(event).toEqual({ name: 'reward_claimed', action: 'claim_reward', targetType: 'quiz' })
  expect(Object.isFrozen(event)).toBe(true)
})

test('changing the options later does not change the event', () => {
  const options = { name: 'reward_claimed', action: 'claim_reward' }
  const event = defineAuditEvent(options)

  options.name = 'other'

  expect(event.name).toBe('reward_claimed')
})

describe('a definition is refused', () => {
  const rule = 'of an audit event must be a text of 1 to 256 characters'

  test.each<[string, object, string[]]>([
    ['an empty name', { name: '', action: 'a' }, [`"name" ${rule}; got ""`]],
    ['a blank name', { name: ' ', action: 'a' }, [`"name" ${rule}; got " "`]],
    ['no name', { action: 'a' }, [`"name" ${rule}; got nothing`]],
    ['a name that is no text', { name: 5, action: 'a' }, [`"name" ${rule}; got 5`]],
    ['an empty action', { name: 'n', action: '' }, [`"action" ${rule}; got ""`]],
    ['both', {}, [`"name" ${rule}; got nothing`, `"action" ${rule}; got nothing`]],
    [
      'a name that is too long',
      { name: 'n'.repeat(257), action: 'a' },
      [`"name" ${rule}; got "${'n'.repeat(257)}"`],
    ],
  ])('for %s', (_title, options, expected) => {
    expect(problemsOf(options)).toEqual(expected)
  })

  test('not for a name of 256 characters', () => {
    expect(problemsOf({ name: 'n'.repeat(256), action: 'a' })).toEqual([])
  })
})

test('the names of what the trail says about itself are its own', () => {
  expect(problemsOf({ name: 'telltale.audit.trail.stopped', action: 'STOP' })).toEqual([
    '"name" of an audit event must be another than those beginning with "telltale.audit."; got "telltale.audit.trail.stopped"',
  ])
})
