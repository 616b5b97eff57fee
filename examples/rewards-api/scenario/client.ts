/** What one request was answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly traceId: string
}

/** Sends a request with a token. */
export async function post(
  url: string,
  token: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'user-agent': 'rewards-app/1.0',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return {
    status: response.status,
    body: JSON.parse(await response.text()) as Answer['body'],
    traceId: response.headers.get('trace-id') ?? '',
  }
}
