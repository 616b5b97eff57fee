import { createServer, type AddressInfo, type Socket } from 'node:net'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startSentryServer } from '../../examples/support/sentry-server.ts'
import { fixture, type RunningApp, startApp } from '../support/run-app.ts'

const APP = 'sentry/errors.mjs'

function start(dsn: string, ...args: readonly string[]): RunningApp {
  const preload = ['--import', 'telltale/register']
  return startApp(
    APP,
    {
      SENTRY_DSN: dsn,
      SENTRY_ENVIRONMENT: 'production',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    },
    { nodeArguments: preload, args },
  )
}

test('an error that was thrown is one event, with its stack, its trace and without secrets', async () => {
  await using sentry = await startSentryServer()

  const { code } = await start(sentry.dsn).ended()

  expect(code).toBe(0)
  expect(sentry.events).toHaveLength(1)
  const [event] = sentry.events
  expect(event).toMatchObject({
    level: 'error',
    platform: 'node',
    message: 'the payment failed',
    logger: 'orders',
    environment: 'production',
    tags: { component: 'orders' },
    extra: { order_id: 'o-1', password: '[redacted]' },
  })
  expect(event?.contexts.trace?.trace_id).toMatch(/^[0-9a-f]{32}$/)
  const [exception] = event?.exception.values ?? []
  expect(exception).toMatchObject({ type: 'PaymentError' })
  expect(exception?.value).not.toContain('4111')
  expect(exception?.stacktrace?.frames.at(-1)).toMatchObject({
    filename: expect.stringContaining('errors.mjs') as string,
  })
})

test('what is not thrown, or only a warning, is none of its business', async () => {
  await using sentry = await startSentryServer()

  await start(sentry.dsn).ended()

  const messages = sentry.events.map(({ message }) => message)
  expect(messages).toEqual(['the payment failed'])
})

test('an error just before process.exit() still arrives', async () => {
  await using sentry = await startSentryServer()

  const { code } = await start(sentry.dsn, '--exit').ended()

  expect(code).toBe(0)
  expect(sentry.events).toHaveLength(1)
})

test.each([
  ['--throw', 'uncaught exception', 'TypeError'],
  ['--reject', 'unhandled rejection', 'RangeError'],
])('what nobody catches arrives before the process ends of it (%s)', async (arg, message, type) => {
  await using sentry = await startSentryServer()

  const { code, stderr } = await start(sentry.dsn, arg).ended()

  expect(code).toBe(1)
  expect(stderr).toContain(type)
  expect(sentry.events.at(-1)).toMatchObject({ message, logger: 'process' })
  expect(sentry.events.at(-1)?.exception.values).toMatchObject([{ type }])
})

test('when Sentry asks to wait, nothing is sent until then', async () => {
  await using sentry = await startSentryServer()
  sentry.answerWith(429)

  const { code, stderr } = await start(sentry.dsn, '--wait', '--more').ended()

  expect(code).toBe(0)
  expect(sentry.requests()).toBe(1)
  expect(stderr).toContain('Sentry answered 429')
})

test.each([
  ['no DSN', 'not a dsn', 'SENTRY_DSN'],
  ['a DSN whose key is none', 'https://not-a-key@sentry.example.test/42', 'SENTRY_DSN'],
  ['a DSN without a key', 'https://sentry.example.test/42', 'SENTRY_DSN'],
])('%s is a warning without its value, and the application runs', async (_what, dsn, name) => {
  const { code, stderr } = await start(dsn).ended()

  expect(code).toBe(0)
  expect(stderr).toContain(
    `${name} ("sentry.dsn") must be a URL such as https://KEY@HOST/PROJECT; got [hidden]`,
  )
  expect(stderr).not.toContain(dsn)
})

test('a Sentry that takes requests and never answers holds up the end no longer than set', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  try {
    const { port } = server.address() as AddressInfo
    const app = start(`http://key@127.0.0.1:${port}/42`, '--more', '--wait')

    const { code, millis, stderr } = await app.ended()

    expect(code).toBe(0)
    expect(sockets.length).toBeGreaterThan(0)
    // 5 s, and what a loaded machine takes to start.
    expect(millis).toBeLessThan(30_000)
    expect(stderr).toMatch(/Sentry has not answered in time: \d+ errors may be lost/)
    expect(stderr).not.toContain('key')
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

test('of a thousand errors at a time a bounded number is sent, and it is said', async () => {
  await using sentry = await startSentryServer()

  const { code, stderr } = await start(sentry.dsn, '--flood').ended()

  expect(code).toBe(0)
  expect(sentry.events.length).toBeGreaterThan(1)
  expect(sentry.events.length).toBeLessThan(200)
  expect(stderr).toContain('an error was not reported to Sentry: queue_overflow')
})

test('an event with huge fields is cut, not refused', async () => {
  await using sentry = await startSentryServer()

  await start(sentry.dsn, '--huge').ended()

  const huge = sentry.events.find(({ message }) => message?.startsWith('huge'))
  // What Sentry takes of one event.
  expect(JSON.stringify(huge).length).toBeLessThan(2 ** 20)
  expect(huge).toMatchObject({ exception: { values: [{ type: 'RangeError' }] } })
})

test('a Sentry that is away costs the application nothing', async () => {
  const { code, stderr } = await start('http://key@127.0.0.1:1/42').ended()

  expect(code).toBe(0)
  expect(stderr).toContain('an error could not be reported to Sentry')
})

test('without the library it says what to install', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-sentry-'))
  try {
    // From elsewhere, where no package is installed but what the preload itself brings.
    await cp(fixture('sentry/plain.mjs'), join(folder, 'plain.mjs'))
    const register = new URL('../../dist/register.js', import.meta.url).href
    const app = startApp(
      'sentry/plain.mjs',
      { SENTRY_DSN: 'https://key@sentry.example.test/42', OTEL_EXPORTER_PROMETHEUS_PORT: '0' },
      { nodeArguments: ['--import', register], path: join(folder, 'plain.mjs'), cwd: folder },
    )

    const { stderr } = await app.ended()

    expect(stderr).toContain('SENTRY_DSN needs @sentry/core 10 or 11: install it')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
