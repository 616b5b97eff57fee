import 'reflect-metadata'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'

/** What one request was answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly requestId: string
}

/** Sends requests with a token. */
export interface Client {
  get(path: string): Promise<Answer>
  post(path: string, body?: object): Promise<Answer>
}

/** Makes a client. @param token - none for somebody who has not logged in */
export function createClient(baseUrl: string, token?: string): Client {
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(baseUrl + path, {
      ...init,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'certificate-tool/1.0',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
    const text = await response.text()
    return {
      status: response.status,
      body: JSON.parse(text) as Answer['body'],
      requestId: response.headers.get('x-request-id') ?? '',
    }
  }
  return {
    get: async (path) => send(path, { method: 'GET' }),
    post: async (path, body) => send(path, { method: 'POST', body: JSON.stringify(body ?? {}) }),
  }
}

/** Makes a key, and a request to certify it. @returns PKCS #10, PEM */
export async function createCsr(commonName: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
  })
  return csr.toString('pem')
}
