import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { NodeResponse } from '../../../src/http/node-messages.ts'
import { whenAnswered } from '../../../src/http/upgrade-answer.ts'

const responseOn = (socket: unknown, headersSent = false): NodeResponse =>
  ({ socket, headersSent, statusCode: 200 }) as NodeResponse

test.each([
  ['text', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', [101]],
  ['bytes', Buffer.from('HTTP/1.1 401 Unauthorized\r\n\r\n'), [401]],
  ['a hint before the answer', 'HTTP/1.1 103 Early Hints\r\n\r\n', []],
  ['something else', 'hello', []],
])('%s says the status or nothing', (_what, chunk, expected) => {
  const socket = new PassThrough()
  const told: number[] = []
  whenAnswered(socket, undefined, (status) => told.push(status))

  socket.write(chunk)
  socket.write('HTTP/1.1 500 of the protocol that follows')

  expect(told).toEqual(expected.length > 0 ? expected : [500])
})

test('what the response itself says is left to it', () => {
  const socket = new PassThrough()
  const untouched = socket.write
  const told: number[] = []
  whenAnswered(socket, responseOn(socket, true), (status) => told.push(status))

  socket.write('HTTP/1.1 200 OK\r\n\r\n')

  expect(told).toEqual([])
  expect(socket.write).toBe(untouched)
})

test('an answer to a request before it in the pipeline is not its own', () => {
  const socket = new PassThrough()
  const told: number[] = []
  const second = { ...responseOn(null) }
  whenAnswered(socket, second, (status) => told.push(status))

  socket.write('HTTP/1.1 200 OK\r\n\r\n')
  expect(told).toEqual([])
  Object.assign(second, { socket })
  socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')

  expect(told).toEqual([101])
})

test('a long pipeline of requests for web sockets does not exhaust the stack', () => {
  const socket = new PassThrough()
  const untouched = socket.write
  let told = 0
  for (let count = 0; count < 50_000; count += 1) {
    whenAnswered(socket, undefined, () => void (told += 1))
  }

  socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')

  expect(told).toBe(50_000)
  expect(socket.write).toBe(untouched)
  expect(String(socket.read())).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\n')
})

test('who else looks at the connection goes on doing so', () => {
  const socket = new PassThrough()
  const told: number[] = []
  whenAnswered(socket, undefined, (status) => told.push(status))
  const { write } = socket
  const seen: unknown[] = []
  socket.write = function (this: PassThrough, ...args: unknown[]) {
    seen.push(args[0])
    return Reflect.apply(write, this, args) as boolean
  } as typeof socket.write

  socket.write('HTTP/1.1 200 OK\r\n\r\n')
  whenAnswered(socket, undefined, (status) => told.push(status))
  socket.write('HTTP/1.1 404 Not Found\r\n\r\n')

  expect(told).toEqual([200, 404])
  expect(seen).toHaveLength(2)
})
