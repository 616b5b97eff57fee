import type { FinishedRequest } from './log-lines.ts'
import type { SecurityEventOptions } from './http-options.ts'

const DEFAULT_STATUSES = [401, 403, 429]

/** Tells which finished requests are security events; none without options. */
export function createSecurityRule(
  options: SecurityEventOptions | undefined,
): (request: FinishedRequest) => boolean {
  if (!options) return () => false
  const statuses = new Set(options.statuses ?? DEFAULT_STATUSES)
  const paths = options.paths ?? []
  return ({ status, path }) =>
    statuses.has(status) || (status >= 400 && paths.some((start) => isBelow(path, start)))
}

/** Also of a path that was written so as not to look like one of them: `//api/v1/auth`, `/API/v1/%61uth`. */
function isBelow(path: string, start: string): boolean {
  return path.startsWith(start) || plain(path).startsWith(start.toLowerCase())
}

function plain(path: string): string {
  const single = path.replaceAll(/\/{2,}/g, '/').toLowerCase()
  try {
    return decodeURIComponent(single)
  } catch {
    return single
  }
}
