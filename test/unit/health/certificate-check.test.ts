// First: the package below needs it when it is loaded.
import 'reflect-metadata'
import { X509CertificateGenerator } from '@peculiar/x509'
import { X509Certificate } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { checkCertificate, type Certificate } from '../../../src/health/ready-made/certificate.ts'
import { checkHttp } from '../../../src/health/ready-made/http.ts'

const DAY_MILLIS = 86_400_000
const { signal } = new AbortController()

async function endingIn(days: number) {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  return X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    // Half a day more: the test takes its time.
    notBefore: new Date(Date.now() - 10 * DAY_MILLIS),
    notAfter: new Date(Date.now() + (days + 0.5) * DAY_MILLIS),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
}

let long: string
let short: string
let over: string
beforeAll(async () => {
  const [a, b, c] = await Promise.all([endingIn(90), endingIn(12), endingIn(-2)])
  long = a.toString('pem')
  short = b.toString('pem')
  over = c.toString('pem')
})

test.each<[string, () => Certificate | Certificate[], object]>([
  ['long valid', () => long, { status: 'healthy', daysLeft: 90 }],
  [
    'soon to end',
    () => short,
    { status: 'degraded', message: 'a certificate expires in 12 days', daysLeft: 12 },
  ],
  ['that is over', () => over, { status: 'unhealthy', message: 'a certificate has expired' }],
  ['of which the first of a chain ends', () => `${long}\n${short}`, { daysLeft: 12 }],
  ['in a list', () => [long, short], { daysLeft: 12 }],
  ['in DER', () => new X509Certificate(long).raw, { daysLeft: 90 }],
  ['of node:crypto', () => new X509Certificate(short), { daysLeft: 12 }],
  [
    'that only says when it ends',
    () => ({ notAfter: new Date(Date.now() + 41 * DAY_MILLIS) }),
    { status: 'healthy' },
  ],
])('a certificate %s', async (_what, make, expected) => {
  expect(await checkCertificate(make())({ signal })).toMatchObject(expected)
  expect(await checkCertificate(async () => make())({ signal })).toMatchObject(expected)
})

test('days and status are the choice of the service', async () => {
  expect(await checkCertificate(short, { days: 7 })({ signal })).toMatchObject({
    status: 'healthy',
  })
  expect(
    await checkCertificate(long, { days: 91, expiring: 'unhealthy' })({ signal }),
  ).toMatchObject({
    status: 'unhealthy',
    daysLeft: 90,
  })
})

test.each<[Certificate | Certificate[], RegExp]>([
  ['no PEM', /not in PEM/],
  [[], /no certificate/],
  [{ validTo: 'some day' }, /does not say when it ends/],
])('what is no certificate is no healthy one: %j', async (source, problem) => {
  await expect(checkCertificate(source)({ signal })).rejects.toThrow(problem)
})

test.each([
  ['ftp://example.org', /the protocol ftp:/],
  ['somewhere', /got "somewhere"/],
  ['http://user:hunter2@example.org', /must not have a user or a password/],
])('health.http refuses %s', (url, problem) => {
  expect(() => checkHttp(url)).toThrow(problem)
  expect(() => checkHttp(url)).not.toThrow(/hunter2/)
})
