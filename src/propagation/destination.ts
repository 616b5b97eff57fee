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
  readonly defaultPort?: unknown
  readonly agent?: unknown
  readonly path?: unknown
  readonly protocol?: unknown
  readonly socketPath?: unknown
  readonly headers?: unknown
}

const bySpan = new WeakMap<Span, readonly Destination[]>()
let newest: RequestOptions | undefined

/**
 * Notes where a request of `node:http` is about to go. Its instrumentation asks before it starts the span, and hands over the
 * headers of these same options right after: that is how {@link destinationsOf} knows them again.
 */
export function noteRequestOptions(options: RequestOptions): void {
  newest = options
}

/** Notes where the request of a span goes. */
export function noteOrigin(span: Span, origin: unknown, path?: unknown): void {
  const to = fromUrl(typeof origin === 'string' ? origin : String(origin))
  if (to) bySpan.set(span, [to, ...beyond(path)])
}

/**
 * Who gets the headers in `carrier`: the host that is connected to and, where that is a proxy which is told a whole URL, the one
 * behind it. Nobody known for what is no HTTP request, such as a message.
 */
export function destinationsOf(context: Context, carrier: unknown): readonly Destination[] {
  const options = newest
  newest = undefined
  if (options !== undefined && options.headers === carrier) return fromOptions(options)
  const span = trace.getSpan(context)
  return (span && bySpan.get(span)) ?? []
}

function fromOptions(options: RequestOptions): readonly Destination[] {
  // A socket of this machine has no host, whatever the header says.
  if (options.socketPath !== undefined && options.socketPath !== null) return []
  const host = options.hostname || options.host || 'localhost'
  if (typeof host !== 'string') return []
  const agent = options.agent as { readonly defaultPort?: unknown } | undefined
  const port = options.port || options.defaultPort || agent?.defaultPort
  const isGiven = typeof port === 'string' || typeof port === 'number'
  const to = { host: toHost(host), port: isGiven ? String(port) : defaultPort(options.protocol) }
  return [to, ...beyond(options.path)]
}

/** What a proxy is to pass a request on to: only such a one is told more than a path. */
function beyond(path: unknown): readonly Destination[] {
  if (typeof path !== 'string' || path.startsWith('/')) return []
  const to = fromUrl(path)
  return to ? [to] : []
}

function fromUrl(text: string): Destination | undefined {
  if (!URL.canParse(text)) return undefined
  const { hostname, port, protocol } = new URL(text)
  return { host: toHost(hostname), port: port || defaultPort(protocol) }
}

function defaultPort(protocol: unknown): string {
  return protocol === 'https:' ? '443' : '80'
}

/** A host in the one form that hosts are compared in. */
export function toHost(host: string): string {
  const plain = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  if (!plain.includes(':')) return plain
  const url = `http://[${plain}]`
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : plain
}
