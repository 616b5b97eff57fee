import { PassThrough, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLineWriter } from '../../../src/logging/stdout-writer.ts'

test('lines are written in their order', () => {
  const stream = new PassThrough()
  const write = createLineWriter(stream)

  write('first\n')
  write('second\n')

  expect(String(stream.read())).toBe('first\nsecond\n')
})

test('a stream that nobody reads any more does not end the application', async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => void setImmediate(done, new Error('EPIPE')),
  })
  const write = createLineWriter(stream)

  write('lost\n')
  await sleep(20)
  write('lost too\n')
  await sleep(20)

  expect(stream.destroyed).toBe(true)
  expect(stream.listenerCount('error')).toBeLessThanOrEqual(1)
})

test('an application that listens for errors of the stream hears of them', async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => void setImmediate(done, new Error('EPIPE')),
  })
  const heard: Error[] = []
  stream.on('error', (error) => heard.push(error))

  createLineWriter(stream)('lost\n')
  await sleep(20)

  expect(heard).toHaveLength(1)
})
