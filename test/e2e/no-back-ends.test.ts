import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { startPartOfStack } from '../../deploy/stack/stack.ts'
import { createLoginService } from '../../examples/demo/login.ts'
import { scrape, sumOf } from '../../examples/support/exposition.ts'
import { startRewardsApi } from '../../examples/demo/rewards-system.ts'
import { claim } from '../../examples/demo/traffic.ts'

test('with every back end absent the application serves requests and ends cleanly within the deadline', async () => {
  // Only what the application itself needs: no Collector, hence no Jaeger, Loki or audit trail.
  await using stack = await startPartOfStack(['postgres', 'redis'])
  const { redis, logs } = stack.addresses
  if (redis === null) throw new Error('the stack has no Redis')
  const nowhere = await closedPort()
  const login = await createLoginService(redis)
  await using api = await startRewardsApi(
    {
      addresses: { redis, otlp: nowhere, auditOtlp: nowhere, auditToken: 'unused' },
      login,
      databaseUrl: await stack.createDatabase('rewards'),
      chainUrl: nowhere,
      logDirectory: logs,
      variables: { TELLTALE_AUDIT_TIMEOUT_MILLIS: '1000' },
    },
    'rewards-alone',
  )
  const token = await login.logIn('linus')

  const statuses: number[] = []
  for (let sent = 0; sent < 50; sent += 1) {
    statuses.push((await fetch(`${api.url}/metrics`)).status)
  }
  // Needs SQL and a token, but neither chain nor audit trail.
  const notPassed = await claim(api.url, { user: 'linus', quiz: 'stellar-basics', token })
  const notLoggedIn = await claim(api.url, { user: 'linus', quiz: 'stellar-basics', token: 'x' })
  const samples = await scrape(api.metricsUrl)
  const start = performance.now()
  const end = await api.stop()

  expect(new Set(statuses)).toEqual(new Set([200]))
  expect([notPassed.status, notLoggedIn.status]).toEqual([422, 401])
  expect(sumOf(samples, 'http_requests_total', { route: '/metrics' })).toBe(50)
  expect(end).toEqual({ code: 0, signal: null })
  expect(performance.now() - start).toBeLessThan(6_000)
})

// A port that was just given back: connections to it are refused.
async function closedPort(): Promise<string> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  })
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
