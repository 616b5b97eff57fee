import { assert } from '../support/assert.ts'
import type { Evidence } from '../support/contract.ts'
import { eventually } from '../support/eventually.ts'
import { type KeyServer, startKeyServer } from '../support/key-server.ts'
import { readLogs } from '../support/logs.ts'
import { untilScraped } from '../support/prometheus.ts'
import { findSecrets } from '../support/secrets.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { proveAuditTrail, proveInsertOnly, proveRenewal } from './scenario/audit-trail.ts'
import { proveCertificate, proveGauges, turnAwayBadRequests } from './scenario/certificates.ts'
import { type Client, createClient, createCsr } from './scenario/client.ts'
import { POOL_MAX, proveExhaustedPool, proveHangingCa } from './scenario/dependencies.ts'
import { proveDurations } from './scenario/durations.ts'
import { proveTargets } from './scenario/load.ts'
import { checkLogging } from './scenario/logging.ts'
import { proveExpiringCa, proveShape, untilHealth } from './scenario/probes.ts'
import { proveSecondInstance } from './scenario/second-instance.ts'
import { startCertificateApi, startPrivateCa } from './scenario/services.ts'

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
  const variables = {
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_MAX: String(POOL_MAX),
    PCA_ENDPOINT: oldCa.url,
    JWKS_URL: keys.jwksUrl,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: secrets.aws,
    WATCH_INTERVAL_MILLIS: '1000',
  }
  const api = open.use(await startCertificateApi(addresses, 'certificate-api', variables))
  stack.scrape('certificate-api', {
    address: new URL(api.metricsUrl).host,
    labels: { job: 'certificate-api' },
  })
  say('certificate-api and its private CA run')
  await proveExpiringCa(stage, api)

  const ada = createClient(api.url, secrets.token)
  await oldCa.stop()
  const csr = await createCsr('web.example.test')
  const order = { ca: 'internal', profile: 'server', csr }
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
  assert(refreshed.status === 200, `the refresh was answered ${refreshed.status}`)
  const health = await untilHealth(stage, api, 200)
  await proveShape(prove, health)
  say('the certificate of a CA was about to expire, and was renewed')

  const issued = await ada.post('/certificates', order)
  assert(issued.status === 201, `issuing was answered ${JSON.stringify(issued.body)}`)
  const id = String(issued.body['id'])
  const renewed = await ada.post(`/certificates/${id}/renewals`, { csr })
  assert(renewed.status === 201, `renewing was answered ${JSON.stringify(renewed.body)}`)
  await proveCertificate(prove, ca, issued.body)
  await proveRenewal(stage, id, renewed.body)
  await turnAway(api.url, keys, order)
  await prove('JWT_ISSUER and JWT_AUDIENCE', async () => {
    for (const claims of [{ aud: 'other-api' }, { iss: 'https://other.example.test' }]) {
      const token = await keys.sign({ sub: 'ada', scope: 'certificates:read', ...claims })
      const { status } = await createClient(api.url, token).get(`/certificates/${id}`)
      assert(status === 401, `a token with ${JSON.stringify(claims)} was answered ${status}`)
    }
  })
  await turnAwayBadRequests(ada, order, id)
  say('a certificate was issued and renewed; callers without right were turned away')

  await untilEachRouteIsScraped(stage, ada, id)
  const ids = await proveTargets(stage, api, ada, order)
  await proveDurations(stage, api)
  await proveAuditTrail(stage, ids)
  // The one that was renewed is its successor's business.
  await proveGauges(prove, api, ada, order, ids.length + 1)
  say('the gauges and the audit trail know each of the certificates')

  await checkLogging(prove, api, ada, issued.requestId)
  await proveHangingCa(stage, api, ca)
  await proveExhaustedPool(stage, api, ada, { databaseUrl, id })
  await proveSecondInstance(stage, variables)
  await proveInsertOnly(stage)
  say('what the service needs hung, was used up or away; another instance came and went')

  const { requestId: last } = await ada.get(`/certificates/${id}?access_token=${secrets.token}`)
  await traceOf(addresses.loki, last)
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
  return {
    metricsUrls: { api: api.metricsUrl },
    services: ['certificate-api'],
    traces: {
      'one certificate from request to database': await traceOf(addresses.loki, issued.requestId),
    },
  }
}

/** Callers who must be turned away: without a token, with one that is no good, and with one that allows something else. */
async function turnAway(url: string, keys: KeyServer, order: object): Promise<void> {
  const forged = `${(await keys.sign({ sub: 'ada' })).split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`
  const strangers = [
    [createClient(url), 401],
    [createClient(url, 'no.such.token'), 401],
    [createClient(url, forged), 401],
    [createClient(url, await keys.sign({ sub: 'ada' }, -60)), 401],
    [createClient(url, await keys.sign({ scope: 'admin' })), 401],
    [createClient(url, await keys.sign({ sub: 'linus', scope: 'certificates:read' })), 403],
  ] as const
  for (const [client, expected] of strangers) {
    const { status } = await client.post('/certificates', order)
    assert(status === expected, `a caller without right was answered ${status}, not ${expected}`)
  }
}

/** A rate is of what was seen before: each route is asked once, and scraped, before the load. */
async function untilEachRouteIsScraped(
  { stack }: Stage,
  client: Client,
  id: string,
): Promise<void> {
  await client.get(`/certificates/${id}`)
  for (const route of ['/certificates', '/certificates/:id']) {
    const series = `certificate_api_route_duration_seconds_count{job="certificate-api", route="${route}"}`
    await untilScraped(stack.addresses, series)
  }
}

/** The trace of a request, by the log line that both its ids stand in. */
async function traceOf(loki: string, requestId: string): Promise<string> {
  const lines = await eventually(
    `the log line of request ${requestId}`,
    async () =>
      readLogs(loki, { query: `{service="certificate-api"} | request_id="${requestId}"` }),
    (found) => found.some(({ fields }) => fields['trace_id']),
    { withinMillis: 60_000 },
  )
  return lines.find(({ fields }) => fields['trace_id'])?.fields['trace_id'] ?? ''
}
