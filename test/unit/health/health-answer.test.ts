import { describe, expect, test } from 'vitest'
import { createReporter } from '../../../src/core/reporter.ts'
import { toHealthAnswer } from '../../../src/health/health-answer.ts'
import type { HealthReport } from '../../../src/health/health-report.ts'

const healthy = { status: 'healthy', figures: {} } as const
const report: HealthReport = {
  status: 'healthy',
  checks: { database: healthy, redis: healthy, celery: healthy },
  timestamp: new Date('2025-06-22T14:30:00.123Z'),
  version: '1.0.0',
}
const sick: HealthReport = {
  ...report,
  status: 'unhealthy',
  checks: {
    database: { status: 'unhealthy', message: 'refused', figures: { used: 10, host: 'db-1' } },
    redis: { ...healthy, ageSeconds: 3 },
  },
}

function answer(
  given: HealthReport,
  options: Parameters<typeof toHealthAnswer>[1] = {},
): ReturnType<typeof toHealthAnswer> & { said: string[] } {
  const said: string[] = []
  const reporter = createReporter((line) => void said.push(line))
  return { ...toHealthAnswer(given, options, reporter), said }
}

describe('the shape', () => {
  test('flat is what wallet-backend asked for, to the byte', () => {
    expect(answer(report, { shape: 'flat' }).body).toBe(
      '{"status":"healthy","timestamp":"2025-06-22T14:30:00Z","version":"1.0.0","checks":{"database":"healthy","redis":"healthy","celery":"healthy"}}\n',
    )
  })

  test('nested is what certificate-api asked for', () => {
    expect(JSON.parse(answer(sick).body)).toEqual({
      status: 'unhealthy',
      checks: {
        database: { status: 'unhealthy', message: 'refused', used: 10, host: 'db-1' },
        redis: { status: 'healthy' },
      },
      timestamp: '2025-06-22T14:30:00.123Z',
    })
  })

  test('may be a function', () => {
    const { status, body } = answer(sick, { shape: ({ checks }) => ({ ok: Object.keys(checks) }) })

    expect([status, body]).toEqual([503, '{"ok":["database","redis"]}\n'])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no shape today')
      },
    ],
    ['makes what JSON has not', () => ({ big: 1n })],
    ['makes nothing', () => undefined],
    ['makes a promise', async () => Promise.reject(new Error('later'))],
    ['is none', 'nestd' as 'nested'],
    ['is what every object has', 'constructor' as 'nested'],
  ])('that %s is reported and replaced', (_what, shape) => {
    const { status, body, said } = answer(sick, { shape })

    expect(status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ checks: { redis: { status: 'healthy' } } })
    expect(said).toEqual([expect.stringMatching(/"nested" is used instead/)])
  })
})

test.each([
  ['healthy', 200],
  ['degraded', 200],
  ['starting', 503],
  ['unhealthy', 503],
  ['draining', 503],
] as const)('%s is answered with %i', (status, code) => {
  expect(answer({ ...report, status }).status).toBe(code)
})

test('no cache may keep an answer', () => {
  expect(answer(report).headers).toEqual({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  })
})

test('messages may be hidden, and texts among the figures with them', () => {
  expect(JSON.parse(answer(sick, { messages: false }).body).checks.database).toEqual({
    status: 'unhealthy',
    used: 10,
  })
})

test('the version may be given', () => {
  expect(JSON.parse(answer(report, { shape: 'flat', version: '2.1.0' }).body).version).toBe('2.1.0')
  expect(answer({ ...report, version: undefined }, { shape: 'flat' }).body).not.toContain('version')
})
