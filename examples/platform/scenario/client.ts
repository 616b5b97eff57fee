/** What one request was answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly requestId: string
}

/** Sends requests as somebody. */
export type Client = (method: string, path: string, body?: object) => Promise<Answer>

/** Makes a client. @param token - none for somebody who has not logged in */
export function createClient(baseUrl: string, token?: string): Client {
  return async (method, path, body) => {
    const response = await fetch(baseUrl + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
      requestId: response.headers.get('x-request-id') ?? '',
    }
  }
}

/** Logs somebody in. @throws {Error} when that is refused */
export async function logIn(baseUrl: string, username: string, password: string): Promise<Client> {
  const { status, body } = await createClient(baseUrl)('POST', '/login', { username, password })
  if (status !== 200) throw new Error(`the log-in of ${username} was answered ${status}`)
  return createClient(baseUrl, String(body['token']))
}
