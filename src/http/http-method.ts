/** The methods of RFC 9110 and RFC 5789, and QUERY: what a `method` label may say. */
const KNOWN = new Set('GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE QUERY'.split(' '))

/** A method for a metric's label: whoever makes methods up makes no series. */
export function toMethodLabel(method: string): string {
  return KNOWN.has(method) ? method : '_OTHER'
}
