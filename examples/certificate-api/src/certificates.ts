import { X509Certificate } from 'node:crypto'
import type { Pool } from 'pg'
import { audit, getLogger } from 'telltale'
import { z } from 'zod'
import { certificateIssued, certificateRenewed, certificateRequested } from './audit-events.ts'
import type { Authorities } from './authorities.ts'
import { findCertificate, insertCertificate, type StoredCertificate } from './database.ts'
import { metrics, PROFILES } from './metrics.ts'
import { timedQuery } from './timed-query.ts'
import type { Authority, PrivateCa } from './private-ca.ts'

const log = getLogger('certificates')

/** What has to be given to have a certificate issued. */
export const IssueRequest = z.object({
  ca: z.string(),
  profile: z.enum(PROFILES),
  commonName: z.string().min(1).max(64),
  /** PKCS #10, PEM: the key stays with whoever asks. */
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
 * @throws {NotFoundError} when there is no such authority
 */
export async function issueCertificate(
  parts: CertificateParts,
  request: IssueRequest,
  owner: string,
): Promise<StoredCertificate> {
  const stored = await issue(parts, request, { owner, renewedFrom: null })
  const { ca, profile } = stored
  metrics.issued.add(1, { ca, profile: request.profile })
  await audit.record(certificateIssued, {
    target: { id: stored.id },
    details: { ca, profile, ...describe(stored) },
  })
  return stored
}

/** Issues another certificate in the place of one that is there. */
export async function renewCertificate(
  parts: CertificateParts,
  id: string,
  request: Pick<IssueRequest, 'csr' | 'validDays'>,
  owner: string,
): Promise<StoredCertificate> {
  const old = await lookUp(parts.pool, id)
  const profile = PROFILES.find((each) => each === old.profile) ?? 'server'
  const commonName = old.subject.replace(/^CN=/, '')
  const stored = await issue(
    parts,
    { ...request, ca: old.ca, profile, commonName },
    { owner, renewedFrom: id },
  )
  metrics.renewed.add(1, { ca: old.ca, profile })
  await audit.record(certificateRenewed, {
    target: { id: stored.id },
    details: { ca: old.ca, profile, renewedFrom: id, ...describe(stored) },
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
  { ca, profile, commonName, csr, validDays }: IssueRequest,
  { owner, renewedFrom }: Pick<StoredCertificate, 'owner' | 'renewedFrom'>,
): Promise<StoredCertificate> {
  const id = crypto.randomUUID()
  await audit.record(certificateRequested, {
    outcome: 'unknown',
    target: { id },
    details: { ca, profile, commonName },
  })
  const authority: Authority | undefined = authorities.find(ca)
  if (!authority) throw new NotFoundError(`there is no certificate authority "${ca}"`)
  const pem = await privateCa.issue(authority, csr, validDays)
  const { subject, serialNumber, validTo } = new X509Certificate(pem)
  const notAfter = new Date(validTo)
  const stored = { id, ca, profile, subject, serialNumber, notAfter, pem, owner, renewedFrom }
  await timedQuery('insert', async () => insertCertificate(pool, stored))
  return stored
}

function describe({ subject, serialNumber, notAfter }: StoredCertificate): {
  readonly subject: string
  readonly serialNumber: string
  readonly notAfter: Date
} {
  return { subject, serialNumber, notAfter }
}
