import { operation } from 'telltale'
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
        await administer('refresh_authorities', async () => parts.authorities.refresh())
        return { status: 200, body: { status: 'refreshed' } }
      },
    },
  ]
}

/** Does what an administrator asked for, and records it as it ended; what cannot be recorded is not reported as done. */
async function administer(name: string, work: () => Promise<void>): Promise<void> {
  await operation(
    name,
    {
      audit: (_end, record) => record(adminOperation, { target: { id: name } }),
      auditRequired: true,
      // The request that it is for says what failed.
      logLevel: 'none',
    },
    work,
  )
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
