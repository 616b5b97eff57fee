import { X509Certificate } from 'node:crypto'
import type { Pool } from 'pg'
import { audit, getLogger } from 'telltale'
import { z } from 'zod'
import {
  type CertificateDetails,
  certificateIssued,
  certificateRenewed,
  certificateRequested,
} from './audit-events.ts'
import type { Authorities } from './authorities.ts'
import { findCertificate, insertCertificate, type StoredCertificate } from './database.ts'
import { metrics, PROFILES } from './metrics.ts'
import type { PrivateCa } from './private-ca.ts'
import { SigningRequestError, subjectOfCertificate, subjectOfRequest } from './signing-request.ts'
import { timedQuery } from './timed-query.ts'

const log = getLogger('certificates')

/** What has to be given to have a certificate issued. */
export const IssueRequest = z.object({
  ca: z.string().max(100),
  profile: z.enum(PROFILES),
  /** PKCS #10, PEM: says whom the certificate is for; the key stays with whoever asks. */
  csr: z.string().max(10_000),
  validDays: z.int().min(1).max(397).default(90),
})

export type IssueRequest = z.infer<typeof IssueRequest>

/** What issuing needs. */
export interface CertificateParts {
  readonly pool: Pool
  readonly privateCa: PrivateCa
  readonly authorities: Authorities
}

/** There is nothing of that name. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/**
 * Has a certificate issued, keeps it, and records it.
 *
 * @throws {NotFoundError | SigningRequestError} when there is no such authority, or the request cannot be used
 */
export async function issueCertificate(
  parts: CertificateParts,
  request: IssueRequest,
  owner: string,
): Promise<StoredCertificate> {
  const { ca, profile } = request
  const stored = await issue(parts, request, { owner, renewedFrom: null })
  metrics.issued.add(1, { ca, profile })
  await audit.record(certificateIssued, { target: { id: stored.id }, details: describe(stored) })
  return stored
}

/**
 * Issues another certificate for the same subject, in the place of one that is there.
 *
 * @throws {NotFoundError | SigningRequestError} when there is no such certificate, or the request is for somebody else
 */
export async function renewCertificate(
  parts: CertificateParts,
  id: string,
  request: Pick<IssueRequest, 'csr' | 'validDays'>,
  owner: string,
): Promise<StoredCertificate> {
  const { ca, profile, pem } = await lookUp(parts.pool, id)
  const [subject, wanted] = [subjectOfCertificate(pem), await subjectOfRequest(request.csr)]
  if (wanted !== subject) {
    throw new SigningRequestError(`the request is for ${wanted}, the certificate for ${subject}`)
  }
  const stored = await issue(parts, { ...request, ca, profile }, { owner, renewedFrom: id })
  metrics.renewed.add(1, { ca, profile })
  await audit.record(certificateRenewed, {
    target: { id: stored.id },
    details: { renewedFrom: id, ...describe(stored) },
  })
  return stored
}

/** Finds a certificate. @throws {NotFoundError} */
export async function lookUp(pool: Pool, id: string): Promise<StoredCertificate> {
  const found = z.uuid().safeParse(id).success
    ? await timedQuery('find', async () => findCertificate(pool, id))
    : undefined
  log.debug('looked up', { certificate_id: id, found: found !== undefined })
  if (!found) throw new NotFoundError('there is no such certificate')
  return found
}

async function issue(
  { pool, privateCa, authorities }: CertificateParts,
  { ca, profile, csr, validDays }: IssueRequest,
  { owner, renewedFrom }: Pick<StoredCertificate, 'owner' | 'renewedFrom'>,
): Promise<StoredCertificate> {
  const id = crypto.randomUUID()
  const subject = await subjectOfRequest(csr)
  const authority = authorities.find(ca)
  await audit.record(certificateRequested, {
    outcome: authority ? 'success' : 'failure',
    target: { id },
    details: { ca, profile, subject },
  })
  if (!authority) throw new NotFoundError(`there is no certificate authority "${ca}"`)
  const pem = await privateCa.issue(authority, { csr, profile, validDays })
  const { serialNumber, validTo } = new X509Certificate(pem)
  const notAfter = new Date(validTo)
  const stored = { id, ca, profile, subject, serialNumber, notAfter, pem, owner, renewedFrom }
  await timedQuery('insert', async () => insertCertificate(pool, stored))
  return stored
}

/** What the audit trail says of a certificate. */
function describe({
  ca,
  profile,
  subject,
  serialNumber,
  notAfter,
}: StoredCertificate): CertificateDetails {
  return { ca, profile, subject, serialNumber, notAfter }
}
