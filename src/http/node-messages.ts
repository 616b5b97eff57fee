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
  readonly destroyed?: boolean | undefined
  once(event: 'close', listener: () => void): unknown
}

/** What is used of the responses of `node:http` and `node:http2`. */
export interface NodeResponse {
  readonly statusCode: number
  readonly headersSent: boolean
  readonly writableEnded?: boolean
  readonly writableFinished?: boolean
  readonly destroyed?: boolean
  /** The connection, while it is this response's turn. */
  readonly socket?: unknown
  /** Of HTTP/2 only. */
  readonly stream?: { readonly rstCode?: number | undefined } | undefined
  setHeader(name: string, value: string): unknown
  on(event: 'finish' | 'close', listener: () => void): unknown
}

/** The value of a header; several are one list, as `node:http` itself makes of them. */
export function headerOf({ headers }: NodeRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}
