import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createServer2 } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runApp } from '../support/run-app.ts'

/** What was received: where, which path, and the baggage that came with it. */
const received: (readonly [string, string, string | undefined])[] = []
const servers = new Map<string, { server: { close(): unknown }; port: number }>()

const listenerOf =
  (name: string): RequestListener =>
  ({ url = '', headers }, response) => {
    received.push([name, url, headers['baggage'] as string | undefined])
    const [, target] = /^\/to\/(.*)$/.exec(url) ?? []
    if (target === undefined) response.end('here')
    else response.writeHead(302, { location: decodeURIComponent(target) }).end()
  }

async function listen(name: string, host: string): Promise<void> {
  const server = createServer(listenerOf(name)).on('connect', (request, socket) => {
    const { url = '', headers } = request
    received.push([name, url, headers['baggage'] as string | undefined])
    const [host, port] = url.split(':')
    const beyond = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      socket.pipe(beyond).pipe(socket)
    })
  })
  await once(server.listen(0, host), 'listening')
  servers.set(name, { server, port: (server.address() as AddressInfo).port })
}

beforeAll(async () => {
  await listen('listed', '127.0.0.1')
  await listen('partner', '127.0.0.1')
  await listen('proxy', '127.0.0.1')
  await listen('six', '::1')
  const two = createServer2(listenerOf('two') as never)
  await once(two.listen(0, '127.0.0.1'), 'listening')
  servers.set('two', { server: two, port: (two.address() as AddressInfo).port })
})
afterAll(() => {
  for (const { server } of servers.values()) server.close()
})
beforeEach(() => void (received.length = 0))

const portOf = (name: string): number => servers.get(name)!.port
const urlOf = (name: string, path = '/'): string =>
  `http://${name === 'six' ? '[::1]' : '127.0.0.1'}:${portOf(name)}${path}`
const to = (name: string): string => `/to/${encodeURIComponent(urlOf(name))}`

/** Makes the calls in an application that may send its tenant to `listed`, `six` and `two`. */
async function call(calls: readonly object[], environment: Record<string, string> = {}) {
  const hosts = `127.0.0.1:${portOf('listed')},127.0.0.1:${portOf('two')},[0:0::1]:${portOf('six')}`
  const { code, stderr } = await runApp(
    'http/baggage.mjs',
    {
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      TELLTALE_BAGGAGE_HOSTS: hosts,
      ...environment,
    },
    { args: [JSON.stringify({ calls })] },
  )
  expect([code, stderr.match(/Error.*/)?.[0]]).toEqual([0, undefined])
}

const TENANT = 'tenant_id=tenant-1'

test.each(['fetch', 'http'])('%s sends it to the listed hosts, by name and port', async (by) => {
  await call(['listed', 'partner', 'six'].map((name) => ({ by, url: urlOf(name) })))

  expect(received).toEqual([
    ['listed', '/', TENANT],
    ['partner', '/', undefined],
    ['six', '/', TENANT],
  ])
})

test('a redirect of fetch to another host leaves it behind', async () => {
  await call([
    { by: 'fetch', url: urlOf('listed', to('partner')) },
    { by: 'fetch', url: urlOf('partner', to('listed')) },
  ])

  expect(received).toEqual([
    ['listed', to('partner'), TENANT],
    ['partner', '/', undefined],
    ['partner', to('listed'), undefined],
    ['listed', '/', TENANT],
  ])
})

test('a client of HTTP/2 is not instrumented, and sends nothing', async () => {
  await call([{ by: 'http2', url: urlOf('two') }])

  expect(received).toEqual([['two', '/', undefined]])
})

test('a proxy that is told a whole URL must be listed, and so must the host behind it', async () => {
  await call([
    { by: 'throughProxy', url: urlOf('listed'), proxy: urlOf('proxy') },
    { by: 'throughProxy', url: urlOf('partner'), proxy: urlOf('listed') },
    { by: 'throughProxy', url: urlOf('six'), proxy: urlOf('listed') },
  ])

  expect(received).toEqual([
    ['proxy', urlOf('listed'), undefined],
    ['listed', urlOf('partner'), undefined],
    ['listed', urlOf('six'), TENANT],
  ])
})

test('a proxy that fetch() tunnels through gets nothing, and the listed host behind it does', async () => {
  await call(
    [
      { by: 'fetch', url: urlOf('partner') },
      { by: 'fetch', url: urlOf('listed') },
    ],
    { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: urlOf('proxy'), NO_PROXY: '' },
  )

  expect(received).toEqual([
    ['proxy', `127.0.0.1:${portOf('partner')}`, undefined],
    ['partner', '/', undefined],
    ['proxy', `127.0.0.1:${portOf('listed')}`, undefined],
    ['listed', '/', TENANT],
  ])
})

test('headers that are a list arrive as they were given', async () => {
  const { stdout } = await runApp('http/raw-headers.mjs', {
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  })

  const given = 'Host|shop.example|Authorization|Bearer one|X-Id|1|X-Id|2'
  const arrived = (JSON.parse(stdout) as string[]).join('|')
  expect(arrived).toBe(`${given}|traceparent|Connection|keep-alive`)
})
