import { trace, type Context, type Span } from '@opentelemetry/api'

/** Where an outgoing request goes: what is asked of a list of hosts. */
export interface Destination {
  /** Lower case, an IPv6 address without brackets. */
  readonly host: string
  readonly port: string
}

/** What `node:http` is told of a request, as far as it says where to. */
export interface RequestOptions {
  readonly hostname?: unknown
  readonly host?: unknown
  readonly port?: unknown
  readonly protocol?: unknown
  readonly socketPath?: unknown
  readonly headers?: unknown
}

const bySpan = new WeakMap<Span, Destination>()
let newest: RequestOptions | undefined

/**
 * Notes where a request of `node:http` is about to go. Its instrumentation asks before it starts the span, and hands over the
 * headers of these same options right after: that is how {@link destinationOf} knows them again.
 */
export function noteRequestOptions(options: RequestOptions): void {
  newest = options
}

/** Notes where the request of a span goes. */
export function noteOrigin(span: Span, origin: unknown): void {
  const url = typeof origin === 'string' ? origin : String(origin)
  if (!URL.canParse(url)) return
  const { hostname, port, protocol } = new URL(url)
  bySpan.set(span, { host: plain(hostname), port: port || defaultPort(protocol) })
}

/** Where the headers in `carrier` go; unknown for what is no HTTP request, such as a message. */
export function destinationOf(context: Context, carrier: unknown): Destination | undefined {
  const options = newest
  newest = undefined
  if (options !== undefined && options.headers === carrier) return fromOptions(options)
  const span = trace.getSpan(context)
  return span && bySpan.get(span)
}

function fromOptions(options: RequestOptions): Destination | undefined {
  // A socket of this machine has no host, whatever the header says.
  if (options.socketPath !== undefined && options.socketPath !== null) return undefined
  const host = options.hostname || options.host || 'localhost'
  if (typeof host !== 'string') return undefined
  const { port } = options
  const isGiven = (typeof port === 'string' && port !== '') || typeof port === 'number'
  return { host: plain(host), port: isGiven ? String(port) : defaultPort(options.protocol) }
}

function defaultPort(protocol: unknown): string {
  return protocol === 'https:' ? '443' : '80'
}

function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
