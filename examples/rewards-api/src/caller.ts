import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Where a request comes from. */
export interface Caller {
  readonly ip: string
  readonly requestId: string
  readonly userAgent: string | undefined
}

/** Reads from a request what the audit trail keeps about its origin. */
export function toCaller(request: FastifyRequest): Caller {
  return { ip: request.ip, requestId: request.id, userAgent: request.headers['user-agent'] }
}

/** A person, in the audit trail's words. */
export function toActor(userId: string): { id: string; type: 'user' } {
  return { id: userId, type: 'user' }
}

/** The fields of an audit record that say where it came from. */
export function toOrigin({ ip, requestId, userAgent }: Caller): {
  source: { id: string; type: 'ipv4' | 'ipv6' }
  requestId: string
  userAgent?: string
} {
  return {
    source: { id: ip, type: isIPv6(ip) ? 'ipv6' : 'ipv4' },
    requestId,
    ...(userAgent === undefined ? {} : { userAgent }),
  }
}
