import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

// A stand-in for Keycloak: the token endpoint of OpenID Connect with the password grant, and the keys that tokens are checked
// with. Its users stand here.
const port = Number(process.env['PORT'] || 8080)
const password = process.env['USERS_PASSWORD'] ?? ''
const users: Readonly<Record<string, { readonly tenant: string; readonly role: string }>> = {
  ada: { tenant: 'tenant-1', role: 'operator' },
  grace: { tenant: 'tenant-2', role: 'operator' },
  linus: { tenant: 'tenant-3', role: 'operator' },
  mary: { tenant: 'tenant-1', role: 'security' },
  alan: { tenant: 'tenant-2', role: 'security' },
}
const REALM = '/realms/sankofa'
const CLIENT = 'platform'
const { publicKey, privateKey } = await generateKeyPair('EdDSA')
const keys = [{ ...(await exportJWK(publicKey)), kid: 'sankofa', alg: 'EdDSA', use: 'sig' }]

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error)
    response.destroy()
  })
})
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  const boundPort = typeof address === 'object' ? address?.port : undefined
  console.log(`keycloak listening at http://127.0.0.1:${boundPort}`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
  })
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === `${REALM}/protocol/openid-connect/certs`) {
    send(response, 200, { keys })
    return
  }
  if (request.method !== 'POST' || request.url !== `${REALM}/protocol/openid-connect/token`) {
    send(response, 404, { error: 'not_found' })
    return
  }
  const form = new URLSearchParams(await readBody(request))
  if (form.get('client_id') !== CLIENT) {
    send(response, 401, { error: 'invalid_client', error_description: 'Invalid client' })
    return
  }
  const name = form.get('username') ?? ''
  const user = users[name]
  if (!user || form.get('grant_type') !== 'password' || form.get('password') !== password) {
    send(response, 401, { error: 'invalid_grant', error_description: 'Invalid user credentials' })
    return
  }
  const token = await new SignJWT({ azp: CLIENT, tenant_id: user.tenant, role: user.role })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'sankofa' })
    .setSubject(name)
    // Keycloak names itself as it was asked.
    .setIssuer(`http://${request.headers.host}${REALM}`)
    .setExpirationTime('1 hour')
    .sign(privateKey)
  send(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 3_600 })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8').slice(0, 10_000)
}
