import { toHost, type Destination } from './destination.ts'

/** `billing`, `billing:8080`, `*.internal.example`, `[::1]:8080`, or `*`. */
const HOST =
  /^(?:\*|(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?)$/i

/** Whether a text names hosts. */
export function isHostPattern(text: string): boolean {
  return HOST.test(text)
}

/**
 * Whether all of the destinations are in a list of hosts. Unknown ones are only in a list with `*`.
 *
 * @param patterns - `*.example.org` is every name below `example.org`; one without a port is every port
 */
export function createHostList(
  patterns: readonly string[],
): (destinations: readonly Destination[]) => boolean {
  if (patterns.includes('*')) return () => true
  const matchers = patterns.map(toMatcher)
  const isListed = (destination: Destination): boolean =>
    matchers.some((matches) => matches(destination))
  return (destinations) => destinations.length > 0 && destinations.every(isListed)
}

function toMatcher(pattern: string): (destination: Destination) => boolean {
  const [, bracketed, plain, port] =
    /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:]*))(?::(?<port>\d+))?$/.exec(pattern.toLowerCase()) ?? []
  const name = bracketed === undefined ? (plain ?? '') : toHost(bracketed)
  const isName = name.startsWith('*.')
    ? (host: string) => host.endsWith(name.slice(1)) && host.length > name.length - 1
    : (host: string) => host === name
  return (destination) =>
    isName(destination.host) && (port === undefined || port === destination.port)
}
