import { expect, test } from 'vitest'
import { healthHandler, liveHandler, readyHandler } from '../../../src/health/health.ts'

test.each([
  [{ message: false }, /no option "message"; did you mean "messages"\?/],
  [{ check: ['database'] }, /no option "check"; did you mean "checks"\?/],
  [{ checks: 'database' }, /"checks" must be a list of names; got "database"/],
  [{ shape: 'nestd' }, /"shape" must be nested, flat or a function; got "nestd"/],
  [{ shape: 'constructor' }, /"shape" must be nested, flat or a function/],
  [{ messages: 'no', version: 5 }, /"messages" must be true or false.*"version" must be a text/s],
  [null, /must be an object; got null/],
])('a handler with the options %j is refused where it is made', (options, problem) => {
  for (const handler of [healthHandler, readyHandler, liveHandler]) {
    expect(() => handler(options as never)).toThrow(problem)
  }
})

test.each([
  [undefined],
  [{ shape: 'flat', checks: ['database'], messages: false, version: '1.0.0' } as const],
  [{ shape: () => ({}), version: undefined }],
])('a handler with the options %j is made', (options) => {
  expect(healthHandler(options)).toBeTypeOf('function')
})
