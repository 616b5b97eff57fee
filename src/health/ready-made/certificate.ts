import { X509Certificate } from 'node:crypto'
import { isBytes } from '../../core/value-kinds.ts'
import type { CheckStatus } from '../check-result.ts'
import type { CheckFunction } from '../health-check.ts'

/**
 * A certificate: PEM, of which there may be several in one text, DER, or an object that says when it ends, such as those of
 * `node:crypto` and `@peculiar/x509`.
 */
export type Certificate =
  | string
  | Uint8Array
  | { readonly validTo: string }
  | { readonly notAfter: Date }

type Certificates = Certificate | readonly Certificate[]

/** When a certificate is to be told of. */
export interface CertificateCheckOptions {
  /** Fewer days than these are told of. Default 30. */
  readonly days?: number | undefined
  /** Status while it is still valid. Default `degraded`: the service works, and no probe must end it for that. */
  readonly expiring?: Exclude<CheckStatus, 'healthy'> | undefined
}

const DAY_MILLIS = 24 * 60 * 60 * 1_000
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/**
 * How long the certificate is still valid; of several, the one that ends first.
 *
 * @param source - may be a function, for certificates that are renewed or come from elsewhere
 */
export function checkCertificate(
  source: Certificates | (() => Certificates | PromiseLike<Certificates>),
  { days = 30, expiring = 'degraded' }: CertificateCheckOptions = {},
): CheckFunction {
  return async () => {
    const found = typeof source === 'function' ? await source() : source
    const ends = (isList(found) ? found : [found]).flatMap(toEnds)
    if (ends.length === 0) throw new Error('there is no certificate')
    const left = (Math.min(...ends) - Date.now()) / DAY_MILLIS
    const daysLeft = Math.floor(left)
    if (left <= 0) return { status: 'unhealthy', message: 'a certificate has expired', daysLeft }
    if (left >= days) return { status: 'healthy', daysLeft }
    const message = `a certificate expires in ${daysLeft} days`
    return { status: expiring, message, daysLeft }
  }
}

function isList(found: Certificates): found is readonly Certificate[] {
  return Array.isArray(found)
}

/** When it ends, in milliseconds since 1970; a text of several certificates has several ends. */
function toEnds(certificate: Certificate): number[] {
  if (typeof certificate === 'string') {
    const texts = certificate.match(PEM)
    if (!texts) throw new Error('a certificate is not in PEM')
    return texts.map((text) => toMillis(new X509Certificate(text).validTo))
  }
  if (isBytes(certificate)) {
    return [toMillis(new X509Certificate(certificate).validTo)]
  }
  return [
    'notAfter' in certificate ? certificate.notAfter.getTime() : toMillis(certificate.validTo),
  ]
}

function toMillis(validTo: string): number {
  const millis = Date.parse(validTo)
  if (Number.isNaN(millis)) throw new Error('a certificate does not say when it ends')
  return millis
}
