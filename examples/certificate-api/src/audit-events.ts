import { defineAuditEvent } from 'telltale'
import { z } from 'zod'

const certificate = z.object({
  ca: z.string(),
  profile: z.string(),
  subject: z.string(),
  serialNumber: z.string(),
  notAfter: z.date(),
})

/** What is recorded of each certificate. */
export type CertificateDetails = z.infer<typeof certificate>

/** Somebody asked for a certificate of an authority that there is, or is not; what came of it is another event of the same request. */
export const certificateRequested = defineAuditEvent({
  name: 'certificate_requested',
  action: 'REQUEST',
  targetType: 'certificate',
  details: z.object({ ca: z.string(), profile: z.string(), subject: z.string() }),
})

export const certificateIssued = defineAuditEvent({
  name: 'certificate_issued',
  action: 'ISSUE',
  targetType: 'certificate',
  details: certificate,
})

export const certificateRenewed = defineAuditEvent({
  name: 'certificate_renewed',
  action: 'RENEW',
  targetType: 'certificate',
  details: certificate.extend({ renewedFrom: z.string() }),
})

/** Somebody did not prove who they are. */
export const authenticationFailure = defineAuditEvent({
  name: 'authentication_failure',
  action: 'AUTHENTICATE',
  targetType: 'route',
  details: z.object({ reason: z.string() }),
})

/** Somebody asked for what they may not have. */
export const authorizationFailure = defineAuditEvent({
  name: 'authorization_failure',
  action: 'AUTHORIZE',
  targetType: 'route',
  details: z.object({ scope: z.string() }),
})

export const adminOperation = defineAuditEvent({
  name: 'admin_operation',
  action: 'ADMINISTER',
  targetType: 'operation',
})

/** Something that this service needs did not work, so that a request to a route failed. */
export const systemError = defineAuditEvent({
  name: 'system_error',
  action: 'FAIL',
  targetType: 'route',
  details: z.object({ error: z.string() }),
})

export const caCertificateRefresh = defineAuditEvent({
  name: 'ca_certificate_refresh',
  action: 'REFRESH',
  targetType: 'certificate_authority',
  details: z.object({ notAfter: z.date() }),
})

export const caCertificateExpiryWarning = defineAuditEvent({
  name: 'ca_certificate_expiry_warning',
  action: 'WARN',
  targetType: 'certificate_authority',
  details: z.object({ notAfter: z.date(), daysLeft: z.int() }),
})
