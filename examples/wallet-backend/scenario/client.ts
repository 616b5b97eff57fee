/** What one request was answered. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  readonly requestId: string
}

/** Sends a request. @param token - none for somebody who has not logged in */
export async function send(
  url: string,
  method: string,
  token?: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(url, {
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
    text,
    body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {},
    requestId: response.headers.get('x-request-id') ?? '',
  }
}

/** Logs somebody in. @returns the token. @throws {Error} when that is refused */
export async function logIn(baseUrl: string, username: string, password: string): Promise<string> {
  const { status, body } = await send(`${baseUrl}/login`, 'POST', undefined, { username, password })
  if (status !== 200) throw new Error(`the log-in of ${username} was answered ${status}`)
  return String(body['token'])
}
