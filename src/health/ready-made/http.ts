import { ConfigError } from '../../core/errors.ts'
import { showValue } from '../../core/show-value.ts'
import { isAggregateError, isError } from '../../core/value-kinds.ts'
import type { CheckFunction } from '../health-check.ts'

/** What is asked, and what is a good answer. */
export interface HttpCheckOptions {
  /** Default `GET`. */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Statuses that are good. Default: 200 to 299. Redirects are not followed. */
  readonly statuses?: readonly number[] | undefined
}

/**
 * Whether a server answers in time, and well.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID` for an address that cannot be asked
 */
export function checkHttp(
  url: string | URL,
  { method = 'GET', headers, statuses }: HttpCheckOptions = {},
): CheckFunction {
  const address = parseUrl(url)
  // Neither user nor query: they may be secrets.
  const shown = `${address.origin}${address.pathname}`
  const isGood = (status: number): boolean =>
    statuses ? statuses.includes(status) : status >= 200 && status < 300
  return async ({ signal }) => {
    const response = await ask(shown, signal, () =>
      fetch(address, { method, redirect: 'manual', signal, ...(headers && { headers }) }),
    )
    // Unread it would hold its connection.
    await response.body?.cancel()
    if (isGood(response.status)) return
    throw new Error(`${shown} answered ${response.status}`)
  }
}

async function ask(
  shown: string,
  signal: AbortSignal,
  send: () => Promise<Response>,
): Promise<Response> {
  try {
    return await send()
  } catch (error) {
    if (signal.aborted) throw new Error(`${shown} does not answer`, { cause: error })
    // "fetch failed" says nothing; its cause does.
    const cause = isError(error) ? (error.cause ?? error) : error
    const reason = isAggregateError(cause) ? (cause.errors[0] as unknown) : cause
    const { code, message } = reason as NodeJS.ErrnoException
    throw new Error(`${shown}: ${code ?? message}`, { cause: error })
  }
}

function parseUrl(url: unknown): URL {
  const address = URL.canParse(String(url)) ? new URL(String(url)) : undefined
  if (!address || !/^https?:$/.test(address.protocol)) {
    const got = address ? `the protocol ${address.protocol}` : showValue(url)
    throw new ConfigError([`a health check needs an http:// or https:// URL; got ${got}`])
  }
  if (address.username !== '' || address.password !== '') {
    const rule = 'the URL of a health check must not have a user or a password in it'
    throw new ConfigError([`${rule}; give them as a header`])
  }
  return address
}
