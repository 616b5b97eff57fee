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
  .object({
    sub: z.string().min(1),
    azp: z.string(),
    tenant_id: z.string().min(1),
    role: z.string(),
  })
  .transform(({ sub: name, azp: client, tenant_id: tenant, role }) => ({
    client,
    user: { name, tenant, role } satisfies User,
  }))
const Token = z.object({ access_token: z.string().min(1) })
const Refusal = z.object({ error: z.literal('invalid_grant') })

/** Makes a client of Keycloak. @param clientId - as whom it knows this service; tokens for others of the realm are not for us */
export function createKeycloak(url: string, clientId: string): Keycloak {
  const issuer = `${url.replace(/\/$/, '')}/realms/sankofa`
  const endpoints = `${issuer}/protocol/openid-connect`
  const keys = createRemoteJWKSet(new URL(`${endpoints}/certs`))
  return {
    async logIn(username, password) {
      const response = await fetch(`${endpoints}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'password',
          client_id: clientId,
          username,
          password,
        }),
        signal: AbortSignal.timeout(5_000),
      })
      const answer: unknown = await response.json().catch(() => undefined)
      const token = response.ok ? Token.safeParse(answer).data?.access_token : undefined
      // Whatever else Keycloak refuses, such as a client that it does not know, is no wrong password.
      if (token === undefined && !Refusal.safeParse(answer).success) {
        throw new Error(`Keycloak answered ${response.status}`)
      }
      metrics.keycloakAuthentications.add(1, { result: token ? 'success' : 'failure' })
      const fields = { username, status: token ? 'ok' : 'failed' }
      if (token) log.info('logged in', fields)
      else log.warn('log-in refused', fields)
      return token
    },
    async verify(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) return undefined
      try {
        const { payload } = await jwtVerify(token, keys, { issuer, requiredClaims: ['exp'] })
        const { data } = Claims.safeParse(payload)
        return data?.client === clientId ? data.user : undefined
      } catch (error) {
        // A Keycloak that is away says nothing about who asks.
        const isOurs = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid
        if (error instanceof errors.JOSEError && !isOurs) return undefined
        throw error
      }
    },
  }
}
