import { describe, expect, test } from 'vitest'
import { createLogLevels, MAX_COMPONENTS } from '../../../src/logging/log-level.ts'

const [DEBUG, INFO, WARN, ERROR] = [5, 9, 13, 17]

describe('the level of a component', () => {
  test('is the general one, until it has one of its own', () => {
    const levels = createLogLevels()
    const auth = levels.of('auth')
    const db = levels.of('db')

    expect([auth.severity, db.severity]).toEqual([INFO, INFO])
    levels.set('warn')
    levels.set('debug', 'auth')
    expect([auth.severity, db.severity]).toEqual([DEBUG, WARN])
    levels.set('error')
    expect([auth.severity, db.severity]).toEqual([DEBUG, ERROR])
  })

  test('set before the component is known holds from its first record on', () => {
    const levels = createLogLevels()
    levels.set('debug', 'auth')

    expect(levels.of('auth').severity).toBe(DEBUG)
  })

  test('goes back to what the settings say, which may be none of its own', () => {
    const levels = createLogLevels()
    levels.configure({ level: 'warn', components: { auth: 'debug' } })
    for (const component of [undefined, 'auth', 'db']) levels.set('error', component)

    levels.set('default', 'auth')
    levels.set('default', 'db')
    expect(levels.current()).toEqual({ level: 'error', components: { auth: 'debug' } })
    levels.set('default')
    expect([levels.of('auth').severity, levels.of('db').severity]).toEqual([DEBUG, WARN])
  })

  test('is found for names that objects have anyway', () => {
    const levels = createLogLevels()
    levels.set('default', 'constructor')
    levels.set('debug', '__proto__')

    expect(levels.of('constructor').severity).toBe(INFO)
    expect(levels.of('__proto__').severity).toBe(DEBUG)
  })
})

test('a level that is configured changes loggers that are there already', () => {
  const levels = createLogLevels()
  const auth = levels.of('auth')

  levels.configure({ level: 'error', components: {} })

  expect(auth.severity).toBe(ERROR)
})

test('components beyond the bound are one, so that names made of user input cost nothing', () => {
  const levels = createLogLevels()
  for (let index = 0; index < MAX_COMPONENTS; index += 1) levels.of(`part ${index}`)

  expect(levels.of('one more')).toMatchObject({ component: 'other' })
  expect(levels.of('yet another')).toBe(levels.of('one more'))
  expect(levels.of('part 7')).toMatchObject({ component: 'part 7' })
})
