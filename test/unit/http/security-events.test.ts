import { expect, test } from 'vitest'
import { toSecurityEvent, type FinishedRequest } from '../../../src/http/log-lines.ts'
import { createSecurityRule } from '../../../src/http/security-events.ts'

const paths = ['/api/v1/auth/', '/api/v1/token/', '/api/v1/upload/', '/api/v1/password/']
const finished = (path: string, status: number): FinishedRequest => ({
  requestId: 'r-1',
  method: 'GET',
  path,
  ip: '192.0.2.1',
  route: 'unmatched',
  status,
  user: undefined,
  tenant: undefined,
  durationMillis: 12.5,
  aborted: false,
})

test.each([
  ['/', 401, true],
  ['/', 403, true],
  ['/', 429, true],
  ['/', 404, false],
  ['/', 500, false],
  ['/api/v1/auth/login', 400, true],
  ['/api/v1/password/reset', 503, true],
  ['/api/v1/auth/login', 200, false],
  ['/api/v1/authors/', 404, false],
  ['//api//v1/AUTH/login', 400, true],
  ['/api/v1/%61uth/login', 400, true],
  ['/api/v1/%zz/', 400, false],
])('%s answered with %i is one: %s', (path, status, expected) => {
  expect(createSecurityRule({ paths })(finished(path, status))).toBe(expected)
})

test('nothing is one unless asked for', () => {
  expect(createSecurityRule(undefined)(finished('/', 401))).toBe(false)
})

test('statuses can be chosen', () => {
  expect(createSecurityRule({ statuses: [418] })(finished('/', 418))).toBe(true)
  expect(createSecurityRule({ statuses: [418] })(finished('/', 401))).toBe(false)
})

test('the text is exactly that of system E', () => {
  expect(toSecurityEvent(finished('/api/v1/auth/login', 401)).message).toBe(
    'security_event path=/api/v1/auth/login method=GET status=401 user=anonymous ip=192.0.2.1 duration_ms=13',
  )
})
