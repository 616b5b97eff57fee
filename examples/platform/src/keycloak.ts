import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { getLogger } from 'telltale'
import { z } from 'zod'
import { metrics } from './metrics.ts'

/** Who is asking, as the token says. */
export interface User {
  readonly name: string
  readonly tenant: string
  readonly role: string
}

/** Logs people in, and knows them again. */
export interface Keycloak {
  /** @returns a token; nothing for a name or a password that is wrong */
  logIn(username: string, password: string): Promise<string | undefined>
  /** @returns nothing for a token that proves nothing */
  verify(authorization: string | undefined): Promise<User | undefined>
}

const log = getLogger('auth')
/** Nobody without a tenant: what is not said must not become a tenant of its own. */
const Claims = z
  .object({ sub: z.string().min(1), tenant_id: z.string().min(1), role: z.string() })
  .transform(({ sub: name, tenant_id: tenant, role }): User => ({ name, tenant, role }))
const REALM = '/realms/sankofa/protocol/openid-connect'

/** Makes a client of Keycloak. */
export function createKeycloak(url: string): Keycloak {
  const keys = createRemoteJWKSet(new URL(`${url}${REALM}/certs`))
  return {
    async logIn(username, password) {
      const response = await fetch(`${url}${REALM}/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'password', username, password }),
        signal: AbortSignal.timeout(5_000),
      })
      if (!response.ok && response.status !== 401) {
        throw new Error(`Keycloak answered ${response.status}`)
      }
      metrics.keycloakAuthentications.add(1, { result: response.ok ? 'success' : 'failure' })
      const fields = { username, status: response.ok ? 'ok' : 'failed' }
      if (response.ok) log.info('logged in', fields)
      else log.warn('log-in refused', fields)
      if (!response.ok) return undefined
      return ((await response.json()) as { readonly access_token: string }).access_token
    },
    async verify(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) return undefined
      try {
        const { payload } = await jwtVerify(token, keys, { issuer: 'sankofa' })
        return Claims.safeParse(payload).data
      } catch (error) {
        // A Keycloak that is away says nothing about who asks.
        const isOurs = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid
        if (error instanceof errors.JOSEError && !isOurs) return undefined
        throw error
      }
    },
  }
}
