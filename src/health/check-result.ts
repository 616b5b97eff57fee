import { toReason } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { REDACTED, type Redaction } from '../core/redaction.ts'
import { showValue } from '../core/show-value.ts'
import { isError } from '../core/value-kinds.ts'

const STATUSES = ['healthy', 'degraded', 'unhealthy'] as const

/** How a part of the service is: `degraded` is seen, and the answer stays 200. */
export type CheckStatus = (typeof STATUSES)[number]

/** What stands beside a status: sizes, counts, names. */
export type CheckFigure = string | number | boolean

/** What a check may say of the part it looks at. */
export interface CheckVerdict {
  readonly status: CheckStatus
  readonly message?: string | undefined
  readonly [figure: string]: CheckFigure | undefined
}

/** A verdict that can be shown: short, without secrets, and plain data. */
export interface CheckResult {
  readonly status: CheckStatus
  readonly message?: string
  readonly figures: Readonly<Record<string, CheckFigure>>
}

const MAX_TEXT = 300
const MAX_FIGURES = 20

/**
 * What is shown of whatever a check answered.
 *
 * An object without a status counts as healthy: it is what a query answered with.
 */
export function toCheckResult(answer: unknown, redaction: Redaction): CheckResult {
  if (answer === false) return unhealthy('the check answered false', redaction)
  if (typeof answer === 'string') return withMessage('healthy', answer, redaction)
  if (typeof answer !== 'object' || answer === null) return { status: 'healthy', figures: {} }
  try {
    // `ping().catch((error) => error)` hides the failure from its caller, not from us.
    if (isError(answer)) return toFailure(answer, redaction)
    return readVerdict(answer, redaction)
  } catch (error) {
    return toFailure(error, redaction)
  }
}

/** What is shown of whatever a check threw. */
export function toFailure(thrown: unknown, redaction: Redaction): CheckResult {
  return unhealthy(toReason(thrown), redaction)
}

function readVerdict(verdict: Partial<CheckVerdict>, redaction: Redaction): CheckResult {
  const { status, message } = verdict
  if (status === undefined) return { status: 'healthy', figures: {} }
  if (!STATUSES.includes(status)) {
    const rule = `"status" must be one of ${STATUSES.join(', ')}`
    return unhealthy(`${rule}; the check answered ${showValue(status)}`, redaction)
  }
  return {
    ...withMessage(status, message, redaction),
    figures: Object.fromEntries(
      Object.entries(verdict)
        .filter(([name]) => name !== 'status' && name !== 'message')
        .slice(0, MAX_FIGURES)
        .flatMap(([name, value]) => {
          const figure = toFigure(name, value, redaction)
          return figure === undefined ? [] : [[toText(name, redaction), figure]]
        }),
    ),
  }
}

function toFigure(name: string, value: unknown, redaction: Redaction): CheckFigure | undefined {
  if (redaction.isSecret(name)) return REDACTED
  if (typeof value === 'boolean' || Number.isFinite(value)) return value as CheckFigure
  if (typeof value === 'string') return toText(value, redaction)
  // JSON has neither NaN nor BigInt.
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString()
  // An object is no figure, and may be of any size.
  return undefined
}

function unhealthy(message: string, redaction: Redaction): CheckResult {
  return withMessage('unhealthy', message, redaction)
}

function withMessage(status: CheckStatus, message: unknown, redaction: Redaction): CheckResult {
  if (message === undefined || message === null || message === '') return { status, figures: {} }
  const text = typeof message === 'string' ? message : showValue(message)
  return { status, message: toText(text, redaction), figures: {} }
}

function toText(text: string, redaction: Redaction): string {
  // Cut first, and by more than is shown: a token at the edge is still seen as one, and a text of megabytes costs nothing.
  const safe = printable(redaction.text(text.slice(0, 20 * MAX_TEXT)))
  return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT)}…` : safe
}
