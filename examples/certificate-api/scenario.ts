import { assert } from '../support/assert.ts'
import type { Evidence } from '../support/contract.ts'
import { eventually } from '../support/eventually.ts'
import { scrape, sumOf } from '../support/exposition.ts'
import { type KeyServer, startKeyServer } from '../support/key-server.ts'
import { findSecrets } from '../support/secrets.ts'
import type { Example, Stage } from '../support/stage.ts'
import { readLogs } from '../support/logs.ts'
import { quantile, timeAll } from '../support/timings.ts'
import { contract } from './contract.ts'
import { createClient, createCsr } from './scenario/client.ts'
import { checkLogging } from './scenario/logging.ts'
import { askHealth, untilHealth } from './scenario/probes.ts'
import { startCertificateApi, startPrivateCa } from './scenario/services.ts'

const ISSUANCES = 150
const LOOK_UPS = 600
const AT_A_TIME = 8

export const example: Example = { name: 'certificate-api', contract, run }

async function run(stage: Stage): Promise<Evidence> {
  const { stack, open, say, prove } = stage
  const { addresses } = stack
  const keys = open.use(
    await startKeyServer({ issuer: 'https://login.example.test', audience: 'certificate-api' }),
  )
  const secrets = {
    aws: crypto.randomUUID(),
    token: await keys.sign({ sub: 'ada', scope: 'certificates:issue certificates:read' }),
  }
  const oldCa = open.use(
    await startPrivateCa(addresses, 'private-ca', { port: '0', partnersDays: 20 }),
  )
  const databaseUrl = await stack.createDatabase('certificates')
  const api = open.use(
    await startCertificateApi(addresses, {
      DATABASE_URL: databaseUrl,
      PCA_ENDPOINT: oldCa.url,
      JWKS_URL: keys.jwksUrl,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: secrets.aws,
      WATCH_INTERVAL_MILLIS: '1000',
    }),
  )
  say('certificate-api and its private CA run')

  await prove('GET /health answers 503 with the message of what is not healthy', async () => {
    await eventually(
      'an unhealthy certificate of a CA',
      async () => askHealth(api),
      ({ httpStatus, checks: { ca_certificate_expiry: check } }) =>
        httpStatus === 503 && /expires in \d+ days/.test(check?.message ?? ''),
      { withinMillis: 20_000 },
    )
  })

  const ada = createClient(api.url, secrets.token)
  await oldCa.stop()
  const csr = await createCsr('web.example.test')
  const order = { ca: 'internal', profile: 'server', commonName: 'web.example.test', csr }
  const refused = await ada.post('/certificates', order)
  assert(refused.status === 503, `without its CA the service answered ${refused.status}`)
  const ca = open.use(
    await startPrivateCa(addresses, 'private-ca-renewed', {
      port: new URL(oldCa.url).port,
      partnersDays: 400,
    }),
  )
  const admin = createClient(api.url, await keys.sign({ sub: 'grace', scope: 'admin' }))
  const refreshed = await admin.post('/admin/authorities/refresh')
  assert(refreshed.status === 202, `the refresh was answered ${refreshed.status}`)
  const health = await untilHealth(api, 200)
  say('the certificate of a CA was about to expire, and was renewed')

  const issued = await ada.post('/certificates', order)
  assert(issued.status === 201, `issuing was answered ${JSON.stringify(issued.body)}`)
  const id = String(issued.body['id'])
  const renewed = await ada.post(`/certificates/${id}/renewals`, { csr })
  assert(renewed.status === 201, `renewing was answered ${JSON.stringify(renewed.body)}`)
  await turnAway(api.url, keys, order)
  say('a certificate was issued and renewed; callers without right were turned away')

  const before = sumOf(await scrape(api.metricsUrl), 'certificate_api_requests_total')
  const issuing = timeAll(ISSUANCES, AT_A_TIME, async () => ada.post('/certificates', order))
  const probing = timeAll(100, 1, async () => askHealth(api))
  const issueMillis = await issuing
  const healthMillis = await probing
  const readMillis = await timeAll(LOOK_UPS, AT_A_TIME, async () => ada.get(`/certificates/${id}`))
  await proveTargets(prove, issueMillis, readMillis, healthMillis)
  await prove('metrics counted exactly the requests that were sent', async () => {
    const sent = ISSUANCES + LOOK_UPS + 100
    await eventually(
      `${sent} more requests`,
      async () => sumOf(await scrape(api.metricsUrl), 'certificate_api_requests_total') - before,
      (counted) => counted === sent,
      { withinMillis: 10_000 },
    )
  })
  say(`${ISSUANCES} certificates issued and ${LOOK_UPS} looked up, ${AT_A_TIME} at a time`)

  await prove('GET /ready', async () => {
    const { status } = await fetch(`${api.url}/ready`)
    assert(status === 200, `it answered ${status}`)
  })
  await checkLogging(prove, api, ada, issued.requestId)
  await prove('GET /health answers within 100 ms while a dependency hangs', async () => {
    ca.signal('SIGSTOP')
    try {
      await untilHealth(api, 503)
      const { millis, checks } = await askHealth(api)
      assert(millis < 100, `it took ${millis.toFixed(0)} ms`)
      assert(checks['certificate_authority']?.status === 'unhealthy', 'the CA is not seen to hang')
    } finally {
      ca.signal('SIGCONT')
    }
    await untilHealth(api, 200)
  })
  await prove('no token, key or secret appears in log, trace or audit record', async () => {
    const password = new URL(databaseUrl).password
    const found = await findSecrets(
      [secrets.token, secrets.aws, ...(password ? [password] : [])],
      ['certificate-api'],
      [api.logFile],
      addresses,
    )
    assert(found.length === 0, found.join(', '))
  })
  const traceId = await traceOf(addresses.loki, issued.requestId)
  return {
    metricsUrls: { api: api.metricsUrl },
    services: ['certificate-api'],
    traces: { 'one certificate from request to database': traceId },
    healthChecks: Object.fromEntries(
      Object.entries(health.checks).map(([name, { status }]) => [name, status]),
    ),
  }
}

/** Callers who must be turned away: without a token, with an old one, and with one that allows something else. */
async function turnAway(url: string, keys: KeyServer, order: object): Promise<void> {
  const strangers = [
    [createClient(url), 401],
    [createClient(url, await keys.sign({ sub: 'ada' }, -60)), 401],
    [createClient(url, await keys.sign({ sub: 'linus', scope: 'certificates:read' })), 403],
  ] as const
  for (const [client, expected] of strangers) {
    const { status } = await client.post('/certificates', order)
    assert(status === expected, `a caller without right was answered ${status}, not ${expected}`)
  }
}

async function proveTargets(
  prove: Stage['prove'],
  issueMillis: readonly number[],
  readMillis: readonly number[],
  healthMillis: readonly number[],
): Promise<void> {
  await prove('issuance p95 < 2 s under load', within(issueMillis, 2_000))
  await prove('status look-up p95 < 500 ms under load', within(readMillis, 500))
  await prove('health < 100 ms under load', within(healthMillis, 100))
}

function within(millis: readonly number[], limit: number): () => void {
  return () => {
    const p95 = quantile(millis, 0.95)
    assert(p95 < limit, `p95 was ${p95.toFixed(0)} ms`)
  }
}

/** The trace of a request, by the log line that both its ids stand in. */
async function traceOf(loki: string, requestId: string): Promise<string> {
  const lines = await eventually(
    `the log line of request ${requestId}`,
    async () =>
      readLogs(loki, { query: `{service="certificate-api"} | request_id="${requestId}"` }),
    (found) => found.some(({ fields }) => fields['trace_id']),
    { withinMillis: 20_000 },
  )
  return lines.find(({ fields }) => fields['trace_id'])?.fields['trace_id'] ?? ''
}
