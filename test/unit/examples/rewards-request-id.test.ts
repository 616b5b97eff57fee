import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { chooseRequestId } from '../../../examples/rewards-api/src/request-id.ts'

function requestWith(id: string | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  if (id !== undefined) request.headers['x-request-id'] = id
  return request
}

test('the id of the caller is kept', () => {
  expect(chooseRequestId(requestWith('order-7/2'))).toBe('order-7/2')
})

test.each([undefined, '', 'two words', 'a\r\nset-cookie: b', 'x'.repeat(129)])(
  'a new one takes the place of %j, also in the header, where everybody else looks for it',
  (given) => {
    const request = requestWith(given)

    const id = chooseRequestId(request)

    expect(id).toMatch(/^[\da-f-]{36}$/)
    expect(request.headers['x-request-id']).toBe(id)
  },
)
