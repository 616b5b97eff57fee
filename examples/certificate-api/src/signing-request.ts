import 'reflect-metadata'
import { Pkcs10CertificateRequest, X509Certificate } from '@peculiar/x509'

/** What somebody wants to have signed cannot be used. */
export class SigningRequestError extends Error {
  override readonly name = 'SigningRequestError'
}

/**
 * Whom a request is for.
 *
 * @param csr - PKCS #10, PEM
 * @throws {SigningRequestError} when it cannot be read, or whoever sent it does not have its key
 */
export async function subjectOfRequest(csr: string): Promise<string> {
  const request = parse(csr)
  if (!(await request.verify().catch(() => false))) {
    throw new SigningRequestError('the request is not signed with its own key')
  }
  if (request.subject === '')
    throw new SigningRequestError('the request does not say whom it is for')
  return request.subject
}

/** Whom a certificate (PEM) was issued for, in the same words. */
export function subjectOfCertificate(pem: string): string {
  return new X509Certificate(pem).subject
}

function parse(csr: string): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(csr)
  } catch (error) {
    throw new SigningRequestError('the request is no PKCS #10 in PEM', { cause: error })
  }
}
