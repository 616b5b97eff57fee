import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { randomBytes } from 'node:crypto'

/** A certificate authority with its own key, which lives as long as the process. */
export interface Authority {
  readonly arn: string
  readonly certificate: X509Certificate
  /**
   * Signs what a request asks for.
   *
   * @param csr - PKCS #10, PEM
   * @param usages - what the certificate may be used for
   * @throws {Error} when the request's own signature is wrong
   */
  issue(csr: string, validDays: number, usages: readonly Usage[]): Promise<X509Certificate>
}

/** What a certificate may be used for. */
export type Usage = 'serverAuth' | 'clientAuth'

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MILLIS = 86_400_000

/** Makes an authority whose own certificate is good for so many days. */
export async function createAuthority(name: string, validDays: number): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(SIGNING, false, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: toSerialNumber(),
    name: `CN=${name}, O=Example`,
    notBefore: new Date(),
    notAfter: new Date(Date.now() + validDays * DAY_MILLIS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    arn: `arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/${crypto.randomUUID()}`,
    certificate,
    async issue(csr, days, usages) {
      const request = new Pkcs10CertificateRequest(csr)
      if (!(await request.verify())) throw new Error('the signature of the request is wrong')
      const names = request.extensions.find(
        (extension) => extension instanceof SubjectAlternativeNameExtension,
      )
      return X509CertificateGenerator.create({
        serialNumber: toSerialNumber(),
        subject: request.subject,
        issuer: certificate.subject,
        notBefore: new Date(),
        notAfter: new Date(Date.now() + days * DAY_MILLIS),
        publicKey: request.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: SIGNING,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension(usages.map((usage) => ExtendedKeyUsage[usage])),
          await AuthorityKeyIdentifierExtension.create(keys.publicKey),
          await SubjectKeyIdentifierExtension.create(request.publicKey),
          ...(names ? [names] : []),
        ],
      })
    },
  }
}

// RFC 5280, 4.1.2.2: positive, at most 20 bytes.
function toSerialNumber(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0)
  return bytes.toString('hex')
}
