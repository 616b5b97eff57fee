import { X509Certificate } from 'node:crypto'
import {
  ACMPCAClient,
  GetCertificateAuthorityCertificateCommand,
  ListCertificateAuthoritiesCommand,
} from '@aws-sdk/client-acm-pca'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { type Client, createCsr } from './client.ts'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** Looks at a certificate as whoever trusts its authority would. */
export async function proveCertificate(
  prove: Stage['prove'],
  ca: Service,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  await prove('a certificate is signed by its authority, for its subject and its use', async () => {
    const certificate = new X509Certificate(String(body['certificate']))
    const authority = await certificateOfAuthority(ca.url, String(body['ca']))
    assert(certificate.checkIssued(authority), 'it names another issuer')
    assert(certificate.verify(authority.publicKey), 'its signature is not that of the authority')
    assert(certificate.subject === 'CN=web.example.test', `it is for ${certificate.subject}`)
    assert(
      certificate.keyUsage.join() === SERVER_AUTH,
      `its uses are ${certificate.keyUsage.join()}`,
    )
    assert(certificate.serialNumber === body['serialNumber'], 'the answer names another one')
  })
}

async function certificateOfAuthority(endpoint: string, name: string): Promise<X509Certificate> {
  const client = new ACMPCAClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'scenario', secretAccessKey: 'scenario' },
  })
  const { CertificateAuthorities: all = [] } = await client.send(
    new ListCertificateAuthoritiesCommand({}),
  )
  const found = all.find(
    ({ CertificateAuthorityConfiguration: has }) => has?.Subject?.CommonName === name,
  )
  const { Certificate: pem = '' } = await client.send(
    new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: found?.Arn }),
  )
  return new X509Certificate(pem)
}

/** Requests that cannot be signed are the caller's fault, and say so. */
export async function turnAwayBadRequests(
  client: Client,
  order: object,
  id: string,
): Promise<void> {
  const other = await createCsr('somebody-else.example.test')
  for (const [path, body, expected] of [
    ['/certificates', { ...order, csr: 'no request' }, 400],
    ['/certificates', { ...order, ca: 'nobody' }, 404],
    ['/certificates', { ...order, csr: 'x'.repeat(200_000) }, 413],
    [`/certificates/${id}/renewals`, { csr: other }, 400],
  ] as const) {
    const { status, body: answer } = await client.post(path, body)
    assert(
      status === expected,
      `${path} was answered ${status}, not ${expected}: ${JSON.stringify(answer)}`,
    )
  }
}

/** The gauges of the job say what there is, to the last certificate. */
export async function proveGauges(
  prove: Stage['prove'],
  api: Service,
  client: Client,
  order: object,
  active: number,
): Promise<void> {
  await prove('active certificates, and those that end in 7, 3 and 1 days', async () => {
    for (const validDays of [6, 2, 2, 1, 1, 1]) {
      const { status } = await client.post('/certificates', { ...order, validDays })
      assert(status === 201, `a short certificate was answered ${status}`)
    }
    const expected = { active: active + 6, '7': 6, '3': 5, '1': 3 }
    await eventually(
      JSON.stringify(expected),
      async () => {
        const samples = await scrape(api.metricsUrl)
        const soon = (days: string): number =>
          sumOf(samples, 'certificate_api_certificates_expiring_soon', { days, ca: 'internal' })
        const name = 'certificate_api_active_certificates'
        const found = sumOf(samples, name, { ca: 'internal' })
        return { active: found, '7': soon('7'), '3': soon('3'), '1': soon('1') }
      },
      (found) => JSON.stringify(found) === JSON.stringify(expected),
      { withinMillis: 60_000 },
    )
  })
}
