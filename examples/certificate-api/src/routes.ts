import { audit } from 'telltale'
import { z } from 'zod'
import { adminOperation } from './audit-events.ts'
import {
  type CertificateParts,
  IssueRequest,
  issueCertificate,
  lookUp,
  renewCertificate,
} from './certificates.ts'
import type { StoredCertificate } from './database.ts'
import type { Answer, Route } from './router.ts'

const RenewRequest = IssueRequest.pick({ csr: true, validDays: true })

/** The service's own routes. */
export function createRoutes(parts: CertificateParts): readonly Route[] {
  return [
    {
      method: 'POST',
      template: '/certificates',
      scope: 'certificates:issue',
      handle: async ({ caller, json }) => {
        const request = IssueRequest.parse(await json())
        return toAnswer(201, await issueCertificate(parts, request, caller.userId))
      },
    },
    {
      method: 'GET',
      template: '/certificates/:id',
      scope: 'certificates:read',
      handle: async ({ id }) => toAnswer(200, await lookUp(parts.pool, id)),
    },
    {
      method: 'POST',
      template: '/certificates/:id/renewals',
      scope: 'certificates:issue',
      handle: async ({ caller, id, json }) => {
        const request = RenewRequest.parse(await json())
        return toAnswer(201, await renewCertificate(parts, id, request, caller.userId))
      },
    },
    {
      method: 'POST',
      template: '/admin/authorities/refresh',
      scope: 'admin',
      handle: async () => {
        await audit.record(adminOperation, { target: { id: 'refresh_authorities' } })
        await parts.authorities.refresh()
        return { status: 200, body: { status: 'refreshed' } }
      },
    },
  ]
}

/** Says what is wrong with a body, in zod's words. */
export function toProblems(error: z.ZodError): Answer {
  const problems = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  return { status: 400, body: { error: 'the request cannot be used', problems } }
}

function toAnswer(
  status: number,
  { id, ca, profile, subject, serialNumber, notAfter, pem, renewedFrom }: StoredCertificate,
): Answer {
  const state = notAfter.getTime() > Date.now() ? 'valid' : 'expired'
  return {
    status,
    body: {
      id,
      ca,
      profile,
      subject,
      serialNumber,
      notAfter,
      status: state,
      certificate: pem,
      ...(renewedFrom !== null && { renewedFrom }),
    },
  }
}
