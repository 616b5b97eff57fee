import { parseArgs } from 'node:util'

// Looks at a deployment from outside: node scripts/synthetic-check.ts --url https://… [--metrics on|off]
const { values } = parseArgs({
  options: { url: { type: 'string' }, metrics: { type: 'string', default: 'off' } },
})

const TIMEOUT_MILLIS = 10_000

interface Probe {
  readonly name: string
  readonly run: (base: string) => Promise<void>
}

const probes: readonly Probe[] = [
  {
    name: 'healthz',
    run: async (base) => {
      const { status, body } = await get(`${base}/healthz`)
      expect(status === 200 && isObject(body) && body['status'] === 'ok', `${status}`)
    },
  },
  {
    name: `metrics are ${values.metrics}`,
    run: async (base) => {
      const response = await fetch(`${base}/metrics/`, {
        signal: AbortSignal.timeout(TIMEOUT_MILLIS),
      })
      const text = await response.text()
      const isOn = response.status === 200 && text.includes('# TYPE http_requests_total counter')
      expect(values.metrics === 'on' ? isOn : response.status === 404, `${response.status}`)
    },
  },
  {
    name: 'schema of the courses',
    run: async (base) => {
      const { status, body } = await get(`${base}/api/v1/courses`)
      expect(status === 200 && Array.isArray(body) && body.every(isCourse), `${status}`)
    },
  },
  {
    name: 'shape of a 404',
    run: async (base) => {
      const { status, body } = await get(`${base}/nothing/here`)
      const error = isObject(body) ? body['error'] : undefined
      expect(status === 404 && isObject(error) && error['code'] === 'not_found', `${status}`)
    },
  },
]

process.exitCode = await main(values.url)

async function main(url: string | undefined): Promise<number> {
  if (url === undefined || !['on', 'off'].includes(values.metrics)) {
    console.error('synthetic-check needs --url, and --metrics on or off')
    return 2
  }
  let failures = 0
  for (const { name, run } of probes) {
    try {
      await run(url.replace(/\/$/, ''))
      console.log(`ok      ${name}`)
    } catch (error) {
      failures += 1
      console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return failures === 0 ? 0 : 1
}

async function get(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MILLIS) })
  return { status: response.status, body: await response.json() }
}

function expect(holds: boolean, got: string): void {
  if (!holds) throw new Error(`got ${got}`)
}

function isCourse(one: unknown): boolean {
  return isObject(one) && typeof one['id'] === 'number' && typeof one['title'] === 'string'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
