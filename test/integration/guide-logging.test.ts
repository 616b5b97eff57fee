import { expect, test } from 'vitest'
import { runApp } from '../support/run-app.ts'

test('what the guide about logging writes are the lines that it shows', async () => {
  const { stdout, code } = await runApp('guide/logging.ts', {
    OTEL_LOGS_EXPORTER: 'none',
    TELLTALE_LOG_STDOUT: 'true',
  })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

  expect(code).toBe(0)
  expect(lines).toMatchObject([
    {
      level: 'warn',
      msg: 'sign-in failed',
      component: 'auth',
      tenant_id: 'tenant-1',
      user: 'ann',
      status: 'failed',
      password: '[redacted]',
    },
    {
      level: 'error',
      msg: 'profile not loaded',
      'exception.type': 'Error',
      'exception.message': 'no answer',
      'exception.stacktrace': expect.stringContaining(
        'Caused by: Error: postgres://app:[redacted]@db:5432 is away',
      ),
    },
    { level: 'debug', msg: 'password checked', user: 'bea', length: 28 },
    { level: 'info', msg: 'signed in', user: 'bea', status: 'succeeded' },
  ])
  expect(Object.keys(lines[0]!).slice(0, 5)).toEqual([
    'time',
    'level',
    'msg',
    'component',
    'tenant_id',
  ])
})
