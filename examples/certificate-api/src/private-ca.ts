import {
  ACMPCAClient,
  type CertificateAuthority,
  GetCertificateCommand,
  IssueCertificateCommand,
  paginateListCertificateAuthorities,
  RequestInProgressException,
} from '@aws-sdk/client-acm-pca'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PcaOperation, Profile } from './metrics.ts'

/** An authority of the private CA. */
export interface Authority {
  readonly name: string
  readonly arn: string
  readonly notAfter: Date
}

/** The private CA, as far as this service uses it. */
export interface PrivateCa {
  /** Those that are in use. */
  listAuthorities(signal?: AbortSignal): Promise<Authority[]>
  /**
   * Has a certificate signed, and waits for it.
   *
   * @returns the certificate, PEM
   */
  issue(authority: Authority, order: Order): Promise<string>
  close(): void
}

/** What is to be signed. */
export interface Order {
  /** PKCS #10, PEM. */
  readonly csr: string
  readonly profile: Profile
  readonly validDays: number
}

/** Runs a call of the CA's API, so that it is timed and counted; see metrics.ts. */
export type CallMeasure = <Result>(
  operation: PcaOperation,
  call: () => Promise<Result>,
) => Promise<Result>

/** How the CA knows what a certificate may be used for. */
const TEMPLATES: Readonly<Record<Profile, string>> = {
  server: 'arn:aws:acm-pca:::template/EndEntityServerAuthCertificate/V1',
  client: 'arn:aws:acm-pca:::template/EndEntityClientAuthCertificate/V1',
}
// Those that were never finished, were switched off or are deleted issue nothing, and their end is nobody's worry.
const IN_USE: ReadonlySet<string> = new Set(['ACTIVE', 'EXPIRED'])
// The client itself waits for an answer without end.
const ANSWERED_WITHIN_MILLIS = 5_000
const ISSUED_WITHIN_MILLIS = 10_000
const ASK_AGAIN_MILLIS = 25

/** Makes a client of AWS Private CA. */
export function createPrivateCa(
  endpoint: string,
  region: string,
  measured: CallMeasure,
): PrivateCa {
  const client = new ACMPCAClient({ endpoint, region, maxAttempts: 2 })
  return {
    async listAuthorities(signal) {
      const abortSignal = inTime(ANSWERED_WITHIN_MILLIS, signal)
      const found = await measured('ListCertificateAuthorities', async () => listAll(abortSignal))
      return found
        .filter(({ Status: status = '' }) => IN_USE.has(status))
        .map(({ Arn, NotAfter, CertificateAuthorityConfiguration: configuration }) => ({
          name: configuration?.Subject?.CommonName ?? '',
          arn: Arn ?? '',
          notAfter: NotAfter ?? new Date(0),
        }))
    },
    async issue({ arn }, { csr, profile, validDays }) {
      const { CertificateArn } = await measured('IssueCertificate', async () =>
        client.send(
          new IssueCertificateCommand({
            CertificateAuthorityArn: arn,
            Csr: Buffer.from(csr),
            TemplateArn: TEMPLATES[profile],
            SigningAlgorithm: 'SHA256WITHECDSA',
            Validity: { Type: 'DAYS', Value: validDays },
          }),
          { abortSignal: inTime(ANSWERED_WITHIN_MILLIS) },
        ),
      )
      return measured('GetCertificate', async () => getWhenSigned(arn, CertificateArn))
    },
    close: () => client.destroy(),
  }

  async function listAll(abortSignal: AbortSignal): Promise<CertificateAuthority[]> {
    const all: CertificateAuthority[] = []
    const pages = paginateListCertificateAuthorities({ client }, {}, { abortSignal })
    for await (const { CertificateAuthorities: page = [] } of pages) all.push(...page)
    return all
  }

  // The client's own waiter asks once a second at the most.
  async function getWhenSigned(
    authority: string,
    certificate: string | undefined,
  ): Promise<string> {
    const input = { CertificateAuthorityArn: authority, CertificateArn: certificate }
    const abortSignal = inTime(ISSUED_WITHIN_MILLIS)
    for (;;) {
      try {
        const { Certificate: pem } = await client.send(new GetCertificateCommand(input), {
          abortSignal,
        })
        if (pem === undefined) throw new Error('the private CA answered without a certificate')
        return pem
      } catch (error) {
        if (!(error instanceof RequestInProgressException)) throw error
      }
      await sleep(ASK_AGAIN_MILLIS, undefined, { signal: abortSignal })
    }
  }
}

/** Is aborted when the time is over, or before by whoever waits. */
function inTime(millis: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(millis)
  return signal ? AbortSignal.any([signal, timeout]) : timeout
}
