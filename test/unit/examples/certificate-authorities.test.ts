import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTestTelemetry } from 'telltale/testing'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../../examples/certificate-api/src/app.ts'
import { createAuthorities } from '../../../examples/certificate-api/src/authorities.ts'
import type { CertificateParts } from '../../../examples/certificate-api/src/certificates.ts'
import {
  createPrivateCa,
  type PrivateCa,
} from '../../../examples/certificate-api/src/private-ca.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
const telemetry = startTestTelemetry()
const open = new AsyncDisposableStack()
beforeEach(() => telemetry.reset())
afterAll(async () => {
  await open.disposeAsync()
  await telemetry.stop()
})

const DAY_MILLIS = 86_400_000

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A private CA whose authorities end in so many days; one that is away without any. */
const privateCa = (days?: Readonly<Record<string, number>>): PrivateCa =>
  ({
    listAuthorities: async () => {
      if (!days) throw new Error('the private CA is away')
      return Object.entries(days).map(([name, left]) => ({
        name,
        arn: name,
        notAfter: new Date(Date.now() + left * DAY_MILLIS),
      }))
    },
  }) as unknown as PrivateCa

test('the gauges of all authorities are right when the audit trail takes nothing', async () => {
  telemetry.refuseAuditRecords('TELLTALE_AUDIT_SPOOL_FULL')
  const { refresh } = createAuthorities(privateCa({ first: 300, second: 20 }))

  await expect(refresh()).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_SPOOL_FULL' })

  const expiry = (await telemetry.metrics()).filter(
    ({ name }) => name === 'certificate_api_ca_certificate_expiry_seconds',
  )
  expect(expiry.map(({ labels }) => labels['ca'])).toEqual(['first', 'second'])
})

/** The application with somebody who may do this and nothing else. */
async function start(scope: string, ca: PrivateCa): Promise<string> {
  const parts = { privateCa: ca, authorities: createAuthorities(ca) } as CertificateParts
  const authentication = { verify: async () => ({ userId: 'grace', scopes: [scope] }) }
  return listen(createServer(createApp({ ...parts, authentication } as never)))
}

test.each([
  ['worked', privateCa({ first: 300 }), 200, 'success'],
  ['failed', privateCa(), 503, 'failure'],
])(
  'what an administrator did is recorded as it ended: it %s',
  async (_end, ca, status, outcome) => {
    const app = await start('admin', ca)

    const response = await fetch(`${app}/admin/authorities/refresh`, { method: 'POST' })

    expect(response.status).toBe(status)
    const done = telemetry.auditRecords.filter(({ event }) => event === 'admin_operation')
    expect(done).toMatchObject([{ outcome, actor: { id: 'grace' } }])
  },
)

test('whoever may not is turned away also when the audit trail takes nothing', async () => {
  const app = await start('certificates:read', privateCa())
  telemetry.refuseAuditRecords('TELLTALE_AUDIT_SPOOL_FULL')

  const { status } = await fetch(`${app}/certificates`, { method: 'POST' })

  expect(status).toBe(403)
})

test('probes are found whatever stands behind the question mark', async () => {
  const app = await start('admin', privateCa())

  for (const path of ['/health', '/health?probe=1', '/ready?probe=1']) {
    expect(await fetch(app + path)).not.toMatchObject({ status: 404 })
  }
})

/** An authority as AWS lists it. */
const authority = (name: string, Status: string, NotAfter?: number): object => ({
  Arn: name,
  Status,
  ...(NotAfter !== undefined && { NotAfter }),
  CertificateAuthorityConfiguration: { Subject: { CommonName: name } },
})

test('authorities that issue nothing are left out, and no others', async () => {
  const pages = [
    [authority('first', 'ACTIVE', 2e9), authority('new', 'PENDING_CERTIFICATE')],
    [authority('gone', 'DELETED', 1e9), authority('off', 'DISABLED', 1e9)],
    [authority('late', 'EXPIRED', 1e9)],
  ]
  const endpoint = await listen(
    createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const page = Number((JSON.parse(body) as { NextToken?: string }).NextToken ?? 0)
      const next = page + 1 < pages.length ? { NextToken: String(page + 1) } : {}
      response
        .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify({ CertificateAuthorities: pages[page], ...next }))
    }),
  )
  const ca = createPrivateCa(endpoint, 'eu-central-1', async (_operation, call) => call())
  open.defer(() => ca.close())

  const found = await ca.listAuthorities()

  expect(found.map(({ name }) => name)).toEqual(['first', 'late'])
})
