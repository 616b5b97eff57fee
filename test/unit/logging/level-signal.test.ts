import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { listenForLevelSignal } from '../../../src/logging/level-signal.ts'
import { createLogLevels, type LogLevels } from '../../../src/logging/log-level.ts'

/** A process whose signals do nothing but call listeners; `ends` counts those that would have ended it. */
class FakeProcess extends EventEmitter {
  readonly pid = 4_711
  ends = 0

  kill(_pid: number, signal: 'SIGUSR2'): boolean {
    if (!this.emit(signal)) this.ends += 1
    return true
  }
}

function start(): { levels: LogLevels; source: FakeProcess; said: string[]; stop: () => void } {
  const levels = createLogLevels()
  levels.configure({ level: 'warn', components: { auth: 'error' } })
  const source = new FakeProcess()
  const said: string[] = []
  const stop = listenForLevelSignal(levels, source, (text) => void said.push(text))
  return { levels, source, said, stop }
}

test('the first signal turns all components to debug, the second one back', () => {
  const { levels, source, said } = start()

  source.kill(source.pid, 'SIGUSR2')
  expect(levels.current()).toEqual({ level: 'debug', components: {} })
  source.kill(source.pid, 'SIGUSR2')
  expect(levels.current()).toEqual({ level: 'warn', components: { auth: 'error' } })
  expect(said).toEqual([expect.stringMatching(/is debug/), expect.stringMatching(/back/)])
})

test('what is set between two signals is kept by the second, which means debug again', () => {
  const { levels, source } = start()
  source.kill(source.pid, 'SIGUSR2')
  levels.set('info')

  source.kill(source.pid, 'SIGUSR2')
  expect(levels.current()).toEqual({ level: 'debug', components: {} })
  source.kill(source.pid, 'SIGUSR2')
  expect(levels.current()).toEqual({ level: 'info', components: {} })
})

test('an application that listens keeps the signal', () => {
  const { levels, source } = start()
  let heard = 0
  source.on('SIGUSR2', () => (heard += 1))

  source.kill(source.pid, 'SIGUSR2')

  expect(heard).toBe(1)
  expect(levels.current().level).toBe('warn')
})

test('an application that listens once and raises the signal again ends by it', () => {
  const { source } = start()
  source.once('SIGUSR2', () => void source.kill(source.pid, 'SIGUSR2'))

  source.kill(source.pid, 'SIGUSR2')

  expect(source.ends).toBe(1)
})

test('once stopped it no longer listens', () => {
  const { source, stop } = start()
  stop()

  expect(source.listenerCount('SIGUSR2')).toBe(0)
})

test('a system without the signal is none the worse', () => {
  const source = new FakeProcess()
  source.prependListener = () => {
    throw new Error('ENOSYS')
  }

  expect(() => listenForLevelSignal(createLogLevels(), source, () => undefined)()).not.toThrow()
})
