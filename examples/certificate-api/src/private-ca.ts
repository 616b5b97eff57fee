import {
  ACMPCAClient,
  GetCertificateCommand,
  IssueCertificateCommand,
  ListCertificateAuthoritiesCommand,
  RequestInProgressException,
} from '@aws-sdk/client-acm-pca'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PcaOperation } from './metrics.ts'

/** An authority of the private CA. */
export interface Authority {
  readonly name: string
  readonly arn: string
  readonly notAfter: Date
}

/** The private CA, as far as this service uses it. */
export interface PrivateCa {
  listAuthorities(signal?: AbortSignal): Promise<Authority[]>
  /**
   * Has a certificate signed, and waits for it.
   *
   * @param csr - PKCS #10, PEM
   * @returns the certificate, PEM
   */
  issue(authority: Authority, csr: string, validDays: number): Promise<string>
  close(): void
}

/** Runs a call of the CA's API, so that it is timed and counted; see metrics.ts. */
export type CallMeasure = <Result>(
  operation: PcaOperation,
  call: () => Promise<Result>,
) => Promise<Result>

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
    async listAuthorities(abortSignal) {
      const { CertificateAuthorities: found = [] } = await measured(
        'ListCertificateAuthorities',
        async () =>
          client.send(new ListCertificateAuthoritiesCommand({}), abortSignal && { abortSignal }),
      )
      return found.map(({ Arn, NotAfter, CertificateAuthorityConfiguration: configuration }) => ({
        name: configuration?.Subject?.CommonName ?? '',
        arn: Arn ?? '',
        notAfter: NotAfter ?? new Date(0),
      }))
    },
    async issue({ arn }, csr, validDays) {
      const { CertificateArn } = await measured('IssueCertificate', async () =>
        client.send(
          new IssueCertificateCommand({
            CertificateAuthorityArn: arn,
            Csr: Buffer.from(csr),
            SigningAlgorithm: 'SHA256WITHECDSA',
            Validity: { Type: 'DAYS', Value: validDays },
          }),
        ),
      )
      return measured('GetCertificate', async () => getWhenSigned(arn, CertificateArn))
    },
    close: () => client.destroy(),
  }

  // The client's own waiter asks once a second at the most.
  async function getWhenSigned(
    authority: string,
    certificate: string | undefined,
  ): Promise<string> {
    const input = { CertificateAuthorityArn: authority, CertificateArn: certificate }
    const deadline = performance.now() + ISSUED_WITHIN_MILLIS
    for (;;) {
      try {
        const { Certificate: pem } = await client.send(new GetCertificateCommand(input))
        if (pem !== undefined) return pem
      } catch (error) {
        const isSigning = error instanceof RequestInProgressException
        if (!isSigning || performance.now() > deadline) throw error
      }
      await sleep(ASK_AGAIN_MILLIS)
    }
  }
}
