import type { BlockList } from 'node:net'
import { ConfigError } from '../core/errors.ts'
import { showValue } from '../core/show-value.ts'
import { headerOf, type NodeRequest } from './node-messages.ts'

/** Whose word counts about where a request comes from. */
export interface ProxyOptions {
  /** Addresses and networks (`10.0.0.0/8`, `fd00::/8`, `loopback`) of proxies, or how many stand before this service. Default none: X-Forwarded-For is not looked at. */
  trustedProxies?: readonly string[] | number | undefined
  /** The entry of X-Forwarded-For that is the client: `nearest`, the last one that is no trusted proxy, or `first`, which a client can forge unless the outermost proxy replaces the header. Default `nearest`. */
  forwardedEntry?: 'nearest' | 'first' | undefined
}

/** Entries that are looked at, from this service on; a header can be made very long. */
const MAX_ENTRIES = 32

const LOOPBACK = ['127.0.0.0/8', '::1']

type Net = typeof import('node:net')

/**
 * Finds out where a request comes from: an address, or `unknown`.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID` for proxies that are no addresses
 */
export function createClientAddress({
  trustedProxies = [],
  forwardedEntry = 'nearest',
}: ProxyOptions): (request: NodeRequest) => string {
  // Not imported: node:net must not be loaded before the module hooks are there.
  const net = process.getBuiltinModule('node:net')
  const isTrusted = createTrust(trustedProxies, net)
  if (forwardedEntry !== 'nearest' && forwardedEntry !== 'first') {
    throw new ConfigError([
      `"forwardedEntry" must be nearest or first; got ${showValue(forwardedEntry)}`,
    ])
  }
  return (request) => {
    const peer = toAddress(request.socket?.remoteAddress, net)
    if (peer === undefined) return 'unknown'
    if (!isTrusted(peer, 0)) return peer
    const header = headerOf(request, 'x-forwarded-for')
    if (header === undefined) return peer
    const entries = header.split(',')
    if (forwardedEntry === 'first') return toAddress(entries[0], net) ?? peer
    let client = peer
    for (let hop = 1; hop <= MAX_ENTRIES; hop += 1) {
      const address = toAddress(entries.at(-hop), net)
      // What is no address was not written by a proxy of ours: the last one that vouched is as far as we know.
      if (address === undefined) return client
      client = address
      if (!isTrusted(address, hop)) return client
    }
    return client
  }
}

function createTrust(
  proxies: readonly string[] | number,
  net: Net,
): (address: string, hop: number) => boolean {
  if (typeof proxies === 'number') {
    if (!Number.isSafeInteger(proxies) || proxies < 0) throw invalid(proxies)
    return (_address, hop) => hop < proxies
  }
  if (!Array.isArray(proxies)) throw invalid(proxies)
  if (proxies.length === 0) return () => false
  const list = new net.BlockList()
  for (const proxy of proxies.flatMap((name) => (name === 'loopback' ? LOOPBACK : [name]))) {
    if (!addProxy(list, proxy, net)) throw invalid(proxy)
  }
  return (address) => list.check(address, net.isIPv6(address) ? 'ipv6' : 'ipv4')
}

function addProxy(list: BlockList, proxy: unknown, net: Net): boolean {
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(String(proxy)) ?? []
  const version = net.isIP(address)
  if (version === 0) return false
  const longest = version === 4 ? 32 : 128
  const length = prefix === undefined ? longest : Number(prefix)
  if (length > longest) return false
  list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
  return true
}

function invalid(got: unknown): ConfigError {
  return new ConfigError([
    `"trustedProxies" must be a whole number, or a list of addresses and networks such as 10.0.0.0/8; got ${showValue(got)}`,
  ])
}

/** An address without brackets, port, zone and spaces; IPv4 in the form of IPv6 becomes IPv4. */
function toAddress(text: string | undefined, net: Net): string | undefined {
  if (text === undefined || text.length > 64) return undefined
  let address = text.trim()
  if (net.isIPv4(address)) return address
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? []
  address = bracketed ?? plain ?? address
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address.replace(/%.*$/, '')
  return net.isIP(mapped) === 0 ? undefined : mapped.toLowerCase()
}
