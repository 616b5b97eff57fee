import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createErrorThreshold } from '../../../examples/wallet-backend/src/error-threshold.ts'
import { createSlack, toText } from '../../../examples/wallet-backend/src/slack.ts'

const at = new Date('2025-06-22T14:30:00.999Z')

test('an alert reads as the team wrote it down', () => {
  const text = toText(
    {
      event: 'Database backup failed',
      severity: 'critical',
      error: 'no space left',
      context: { database: 'wallet' },
    },
    'production',
    at,
  )

  expect(text).toBe(
    [
      '🚨 [PRODUCTION] Database backup failed',
      'Error: no space left',
      'Timestamp: 2025-06-22T14:30:00Z',
      'Severity: critical',
      'database: wallet',
    ].join('\n'),
  )
})

test('what comes from a request neither calls a channel nor adds lines', () => {
  const error = `<!channel> & more\nSeverity: info ${'x'.repeat(5_000)}`

  const lines = toText({ event: 'Down', severity: 'critical', error }, 'test', at).split('\n')

  expect(lines).toHaveLength(4)
  expect(lines[1]).toMatch(/^Error: &lt;!channel&gt; &amp; more Severity: info x+$/)
  expect(lines[1]!.length).toBeLessThan(600)
})

test('so many alerts go out in any hour, and no more', async () => {
  let received = 0
  await using server = await startReceiver(() => (received += 1))
  let now = 0
  const slack = createSlack({
    enabled: true,
    webhookUrl: server.url,
    maxAlertsPerHour: 2,
    timeoutSeconds: 5,
    environment: 'test',
    service: 'wallet-backend',
    now: () => now,
  })
  const alert = async (): Promise<number> => {
    await slack.alert({ event: 'Down', severity: 'critical' })
    return received
  }

  expect([await alert(), await alert(), await alert()]).toEqual([1, 2, 2])
  now = 3_599_999
  expect(await alert()).toBe(2)
  now = 3_600_000
  expect([await alert(), await alert(), await alert()]).toEqual([3, 4, 4])
})

test('too many errors within a minute are told once', () => {
  let now = 0
  const told: number[] = []
  const errors = createErrorThreshold(
    3,
    (count) => void told.push(count),
    () => now,
  )
  const count = (times: number): number => {
    for (let each = 0; each < times; each += 1) errors.count()
    return told.length
  }

  expect(count(2)).toBe(0)
  now = 60_000
  expect(count(2)).toBe(0)
  expect(count(1)).toBe(1)
  expect(count(100)).toBe(1)
  now = 120_000
  expect(count(2)).toBe(1)
  expect(count(1)).toBe(2)
  expect(told).toEqual([3, 3])
})

async function startReceiver(
  onRequest: () => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_request, response) => {
    onRequest()
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
