import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** Plays the log-in service: signs tokens, and serves the keys they are checked with. */
export interface KeyServer extends AsyncDisposable {
  readonly jwksUrl: string
  /** Signs a token. @param lifetimeSeconds - one hour; a negative one makes a token that has expired, `undefined` one that never does */
  sign(claims: JWTPayload, lifetimeSeconds?: number): Promise<string>
}

/** Makes a log-in service with a key of its own. */
export async function startKeyServer(rules: {
  readonly issuer: string
  readonly audience: string
}): Promise<KeyServer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'EdDSA', use: 'sig' }]
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    async sign(claims, ...lifetime) {
      const [lifetimeSeconds] = lifetime.length === 0 ? [3_600] : lifetime
      const token = new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA', kid: 'key-1' })
        .setIssuer(claims.iss ?? rules.issuer)
        .setAudience(claims.aud ?? rules.audience)
      if (lifetimeSeconds !== undefined) {
        token.setExpirationTime(new Date(Date.now() + lifetimeSeconds * 1_000))
      }
      return token.sign(privateKey)
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
