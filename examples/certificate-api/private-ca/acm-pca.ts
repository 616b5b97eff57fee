import type { X509Certificate } from '@peculiar/x509'
import type { Authority, Usage } from './authority.ts'

/** An answer that says no, as AWS' JSON protocol has it. */
export class PrivateCaError extends Error {
  override readonly name = 'PrivateCaError'
  /** The exception's name, which the client makes a class of. */
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

const TEMPLATE_BY_DEFAULT = 'arn:aws:acm-pca:::template/EndEntityCertificate/V1'

/** What a certificate may be used for, by the template that it is issued with. */
const TEMPLATES: Readonly<Record<string, readonly Usage[]>> = {
  [TEMPLATE_BY_DEFAULT]: ['serverAuth', 'clientAuth'],
  'arn:aws:acm-pca:::template/EndEntityServerAuthCertificate/V1': ['serverAuth'],
  'arn:aws:acm-pca:::template/EndEntityClientAuthCertificate/V1': ['clientAuth'],
}

/** Answers one operation. */
export type Operation = (input: Readonly<Record<string, unknown>>) => Promise<object>

/**
 * The operations of AWS Private CA that certificate-api uses, over authorities in memory.
 *
 * As at AWS a certificate is not there at once: until it is signed, `GetCertificate` says `RequestInProgressException`.
 *
 * @param signingMillis - how long signing takes
 * @see https://docs.aws.amazon.com/privateca/latest/APIReference/API_Operations.html
 */
export function createOperations(
  authorities: readonly Authority[],
  signingMillis: number,
): Readonly<Record<string, Operation>> {
  const issued = new Map<string, { readonly certificate: X509Certificate; readonly at: number }>()
  const find = ({ CertificateAuthorityArn: arn }: Readonly<Record<string, unknown>>): Authority => {
    const authority = authorities.find((each) => each.arn === arn)
    if (authority) return authority
    throw new PrivateCaError('ResourceNotFoundException', 'there is no such certificate authority')
  }
  return {
    ListCertificateAuthorities: async () => ({
      CertificateAuthorities: authorities.map(describe),
    }),
    DescribeCertificateAuthority: async (input) => ({
      CertificateAuthority: describe(find(input)),
    }),
    GetCertificateAuthorityCertificate: async (input) => ({
      Certificate: find(input).certificate.toString('pem'),
    }),
    async IssueCertificate(input) {
      const authority = find(input)
      const {
        Csr: csr,
        TemplateArn: template = TEMPLATE_BY_DEFAULT,
        Validity: validity,
      } = input as {
        readonly Csr?: string
        readonly TemplateArn?: string
        readonly Validity?: { readonly Type?: string; readonly Value?: number }
      }
      if (validity?.Type !== 'DAYS' || !Number.isInteger(validity.Value)) {
        throw new PrivateCaError('InvalidArgsException', 'the validity must be a number of DAYS')
      }
      const usages = TEMPLATES[template]
      if (!usages) throw new PrivateCaError('InvalidArgsException', 'there is no such template')
      const certificate = await authority
        .issue(Buffer.from(csr ?? '', 'base64').toString('utf8'), Number(validity.Value), usages)
        .catch((error: unknown) => {
          throw new PrivateCaError('MalformedCSRException', String(error))
        })
      const arn = `${authority.arn}/certificate/${certificate.serialNumber}`
      issued.set(arn, { certificate, at: Date.now() + signingMillis })
      return { CertificateArn: arn }
    },
    async GetCertificate(input) {
      const authority = find(input)
      const found = issued.get(String(input['CertificateArn']))
      if (!found) throw new PrivateCaError('ResourceNotFoundException', 'no such certificate')
      if (Date.now() < found.at) {
        throw new PrivateCaError('RequestInProgressException', 'the certificate is being signed')
      }
      return {
        Certificate: found.certificate.toString('pem'),
        CertificateChain: authority.certificate.toString('pem'),
      }
    },
  }
}

function describe({ arn, certificate }: Authority): object {
  return {
    Arn: arn,
    Type: 'SUBORDINATE',
    Status: 'ACTIVE',
    NotBefore: certificate.notBefore.getTime() / 1_000,
    NotAfter: certificate.notAfter.getTime() / 1_000,
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: 'EC_prime256v1',
      SigningAlgorithm: 'SHA256WITHECDSA',
      Subject: { CommonName: certificate.subjectName.getField('CN')[0] },
    },
  }
}
