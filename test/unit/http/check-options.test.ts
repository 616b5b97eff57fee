import { expect, test } from 'vitest'
import { createHttpTelemetry, type HttpOptions } from '../../../src/http/http.ts'

const problemOf = (options: object): string | undefined => {
  try {
    createHttpTelemetry(options as HttpOptions<unknown>)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

test.each([
  [{ trustedProxy: 1 }, /no option "trustedProxy"; did you mean "trustedProxies"\?/],
  [{ constructor: 1 }, /no option "constructor"/],
  [{ metrics: {} }, /"metrics" must be a list/],
  [{ user: 'ada' }, /"user" must be a function; got "ada"/],
  [{ requestIdHeader: 'x request id\r\n' }, /"requestIdHeader" must be a name of a header/],
  [{ requestIdHeader: '' }, /"requestIdHeader" must be a name of a header; got ""/],
  [{ errorLog: 'false' }, /"errorLog" must be true or false; got "false"/],
  [{ accessLog: null }, /"accessLog" must be false or settings; got null/],
  [{ metrics: [{ add: () => undefined }] }, /"metrics" must be a list of what countRequests/],
  [{ metrics: [undefined] }, /"metrics" must be a list/],
  [{ accessLog: { starts: true } }, /"accessLog" has no option "starts"; did you mean "start"\?/],
  [{ accessLog: { format: 'text' } }, /"accessLog.format" must be a function; got "text"/],
  [{ securityEvents: { path: ['/a'] } }, /"securityEvents" has no option "path"; did you/],
  [{ securityEvents: { paths: '/a' } }, /"securityEvents.paths" must be a list of beginnings/],
  [{ securityEvents: { paths: ['api/v1'] } }, /"securityEvents.paths" must be a list/],
  [{ securityEvents: { statuses: 401 } }, /"securityEvents.statuses" must be a list of numbers/],
  [{ unmatchedRoute: 17, securityEvents: true }, /"unmatchedRoute".*"securityEvents"/s],
])('%j is refused, with the rule', (options, expected) => {
  expect(problemOf(options)).toMatch(expected)
})

test.each([
  [{}],
  [{ user: undefined, metrics: [], accessLog: false }],
  [{ metrics: [{ finished: () => undefined }], accessLog: { start: true, format: undefined } }],
  [{ securityEvents: { component: 'security', statuses: [401], paths: ['/api/'] } }],
  [{ prefix: '/api', logLevel: 'warn' }],
  [{ unmatchedRoute: 'none', securityEvents: {}, requestIdHeader: 'X-Request-Id' }],
])('%j is taken', (options) => {
  expect(problemOf(options)).toBeUndefined()
})
