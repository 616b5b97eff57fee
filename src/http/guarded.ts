import { diag } from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import { onRejection } from '../core/thenable.ts'

/** Calls what the application gave us: what it throws, or rejects with, is told once, and never reaches the request. */
export function guarded<Result>(what: string, call: () => Result): Result | undefined {
  try {
    const result = call()
    // Nobody waits for it: its failure would end the process.
    onRejection(result, (error) => tell(what, error))
    return result
  } catch (error) {
    tell(what, error)
    return undefined
  }
}

function tell(what: string, error: unknown): void {
  // One text for each cause: the reporter tells it once.
  diag.warn(`http: ${what} threw; requests go on without it`, reasonOf(error))
}

function reasonOf(error: unknown): string {
  try {
    return `(${toReason(error)})`
  } catch {
    return '(and cannot be shown)'
  }
}

/** An id that a callback of the application gave, as text; nothing for what is no id. */
export function toId(what: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value.slice(0, 256)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  diag.warn(`http: ${what} must give a text, a number or nothing`, `(got ${typeof value})`)
  return undefined
}
