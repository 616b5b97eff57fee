import { afterEach, expect, test } from 'vitest'
import { otherListeners } from '../../../src/lifecycle/signal-listeners.ts'

const SIGNAL = 'SIGUSR2'
const before = process.listeners(SIGNAL)
const ours = (): void => undefined
const symbol = Symbol.for('signal-exit emitter')
const older = '__signal_exit_emitter__'

afterEach(() => {
  for (const listener of process.listeners(SIGNAL)) {
    if (!before.includes(listener)) process.removeListener(SIGNAL, listener)
  }
  Reflect.deleteProperty(globalThis, symbol)
  Reflect.deleteProperty(process, older)
})

/** Listeners that were there before the test, those of the test runner for example. */
const count = (): number => otherListeners(SIGNAL, ours) - before.length

test('ours does not count, not even twice', () => {
  process.on(SIGNAL, ours)
  process.on(SIGNAL, ours)

  expect(count()).toBe(0)
})

test('each listener of the application counts, those for one time as well', () => {
  process.on(SIGNAL, ours)
  process.on(SIGNAL, () => undefined)
  process.once(SIGNAL, () => undefined)

  expect(count()).toBe(2)
})

test.each([
  ['version 4', () => Reflect.set(globalThis, symbol, { count: 1 })],
  ['version 3', () => Reflect.set(process, older, { count: 1 })],
])('a listener of signal-exit, %s, does not count', (_version, load) => {
  process.on(SIGNAL, ours)
  process.on(SIGNAL, () => undefined)
  load()

  expect(count()).toBe(0)
})

test('beside signal-exit the listener of the application still counts', () => {
  Reflect.set(globalThis, symbol, { count: 1 })
  Reflect.set(process, older, { count: 1 })
  for (let listeners = 0; listeners < 3; listeners += 1) process.on(SIGNAL, () => undefined)

  expect(count()).toBe(1)
})
