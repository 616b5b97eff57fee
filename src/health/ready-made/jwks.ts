import type { CheckFunction } from '../health-check.ts'
import { createAttempt } from './attempt.ts'

/** What is needed of a remote key set of jose. */
export interface RemoteKeySet {
  /** Whether the keys are younger than they may be. */
  readonly fresh: boolean
  jwks(): { readonly keys: readonly unknown[] } | undefined
  reload(): Promise<void>
}

/** How old keys are dealt with. */
export interface JwksCheckOptions {
  /** Whether keys that are missing or too old are fetched, as the next token would. Default true. */
  readonly reload?: boolean | undefined
}

/** Whether the keys that tokens are verified with are there, and not too old. */
export function checkJwks(
  keySet: RemoteKeySet,
  { reload = true }: JwksCheckOptions = {},
): CheckFunction {
  const fetchKeys = createAttempt(() => keySet.reload())
  return async ({ signal }) => {
    if (!keySet.fresh && reload) await fetchKeys(signal, () => 'the keys cannot be fetched')
    const keys = keySet.jwks()?.keys.length ?? 0
    if (keys === 0) throw new Error('there are no keys')
    if (!keySet.fresh) throw new Error('the keys are too old')
    return { status: 'healthy', keys }
  }
}
