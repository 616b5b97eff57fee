/** What is used of the requests of `node:http` and `node:http2`. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly socket: NodeSocket
}

/** What is used of a connection. */
export interface NodeSocket {
  readonly remoteAddress?: string | undefined
  once(event: 'close', listener: () => void): unknown
}

/** What is used of the responses of `node:http` and `node:http2`. */
export interface NodeResponse {
  readonly statusCode: number
  readonly headersSent: boolean
  setHeader(name: string, value: string): unknown
  on(event: 'finish' | 'close', listener: () => void): unknown
}

/** The one value of a header, if it has one. */
export function headerOf({ headers }: NodeRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
