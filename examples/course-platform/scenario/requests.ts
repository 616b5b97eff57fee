import { readFile } from 'node:fs/promises'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { readLogs } from '../../support/logs.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { accessLogOf, PATIENCE } from './look.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Where the id of a request comes from, and where it goes. */
export async function proveRequestIds({ stack, prove }: Stage, { url }: Service): Promise<void> {
  const { loki } = stack.addresses
  await prove('X-Request-ID is taken from the request', async () => {
    const id = `ticket-${crypto.randomUUID()}`
    const response = await fetch(`${url}/api/v1/courses`, { headers: { 'x-request-id': id } })
    assert(response.headers.get('x-request-id') === id, 'another one was answered')
    await accessLogOf(loki, id)
    // Neither a header nor a log line may be split by one that was made for it.
    const hostile = await fetch(`${url}/api/v1/courses`, {
      headers: { 'x-request-id': 'a"} level=error x=1' },
    })
    assert(UUID.test(hostile.headers.get('x-request-id') ?? ''), 'a hostile id was believed')
  })
  await prove('X-Request-ID is made (UUIDv4) where there is none', async () => {
    const response = await fetch(`${url}/api/v1/courses`)
    const id = response.headers.get('x-request-id') ?? ''
    assert(UUID.test(id), `it is ${id}`)
  })
  await prove('X-Request-ID is on every response and every log line', async () => {
    const response = await fetch(`${url}/api/v1/reports/1`)
    const id = response.headers.get('x-request-id')
    assert(response.status === 500 && id !== null, 'an error was answered without it')
    const lines = await eventually(
      `the log lines of request ${id}`,
      async () => readLogs(loki, { query: `{service="course-platform"} | request_id="${id}"` }),
      (found) => found.length >= 2,
      PATIENCE,
    )
    const levels = lines.map(({ fields }) => fields['level'])
    const isComplete = levels.length === 2 && levels.includes('error') && levels.includes('info')
    assert(isComplete, `its lines are of the levels ${levels.join(', ')}`)
  })
  await prove(
    'the client address comes from X-Forwarded-For behind a trusted proxy only',
    async () => {
      const id = crypto.randomUUID()
      const headers = { 'x-request-id': id, 'x-forwarded-for': '203.0.113.7, 198.51.100.2' }
      await fetch(`${url}/api/v1/courses`, { headers })
      const [line] = await accessLogOf(loki, id)
      assert(line?.['ip'] === '203.0.113.7', `behind a trusted proxy it is ${line?.['ip']}`)
    },
  )
}

/** What stands in the access log, and what does not become a security event. */
export async function proveLogs({ stack, prove }: Stage, api: Service): Promise<void> {
  await prove('access log: exactly its fields, the path without query', async () => {
    const id = crypto.randomUUID()
    const headers = { 'x-request-id': id }
    await fetch(`${api.url}/api/v1/courses?password=hunter2`, { headers })
    const lines = await eventually(
      'the line on stdout',
      async () =>
        (await readFile(api.logFile, 'utf8')).split('\n').filter((one) => one.includes(id)),
      (found) => found.length > 0,
      PATIENCE,
    )
    const { msg, level, duration_ms, ...rest } = JSON.parse(lines[0] ?? '') as Readonly<
      Record<string, unknown>
    >
    assert(msg === 'request' && level === 'info', `it is ${lines[0]}`)
    assert(Number.isInteger(duration_ms), `duration_ms is ${String(duration_ms)}`)
    const { request_id, method, path, status, user, ip } = rest
    const found = JSON.stringify({ request_id, method, path, status, user, ip })
    const expected = `{"request_id":"${id}","method":"GET","path":"/api/v1/courses","status":200,"user":null,"ip":"127.0.0.1"}`
    assert(found === expected, `its fields are ${found}`)
  })
  await prove('what is neither refused nor guarded is no security event', async () => {
    const query = '{service="course-platform", component="security"}'
    const lines = await eventually(
      'security events',
      async () => readLogs(stack.addresses.loki, { query }),
      (found) => found.length >= 5,
      PATIENCE,
    )
    const needless = lines.find(
      ({ message }) =>
        !/status=(?:401|403|429) |path=\/api\/v1\/(?:auth|token|upload|password)\//.test(message),
    )
    assert(needless === undefined, `there is "${needless?.message}"`)
  })
}
