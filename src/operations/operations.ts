import { context, SpanKind, trace, type Attributes } from '@opentelemetry/api'
import { showValue } from '../core/show-value.ts'
import { isThenable } from '../core/thenable.ts'
import { endOperation, endOperationInTime, type RunningOperation } from './end-operation.ts'
import type { OperationOptions } from './operation-options.ts'

export { setOperationReporter } from './end-operation.ts'

/** What an operation returns: the value of its work, or a promise of it. */
export type OperationResult<Result> =
  Result extends PromiseLike<infer Value> ? Promise<Value> : Result

/** Only what is waited for can be required: the work must be asynchronous. */
type AuditRule<Result> =
  // In brackets: work that only throws has the type never, and may be anything.
  [Result] extends [PromiseLike<unknown>] ? object : { readonly auditRequired?: false | undefined }

/** Longer than any kind of operation is called. */
const MAX_NAME = 200

/**
 * Runs one business operation: a span around it, its duration and outcome measured, a log record when it fails, and an audit
 * record where asked for.
 *
 * What `work` returns is returned, and what it throws is thrown: the same value, the same error. The span is the active one in
 * `work`: `trace.getActiveSpan()`.
 *
 * @param name - of the span and in the metrics: a kind of operation, such as `database backup`, without ids
 */
export function operation<Result>(name: string, work: () => Result): OperationResult<Result>
export function operation<Result>(
  name: string,
  options: (OperationOptions<NoInfer<Awaited<Result>>> & AuditRule<NoInfer<Result>>) | undefined,
  work: () => Result,
): OperationResult<Result>
export function operation<Result>(
  name: string,
  ...rest: [() => Result] | [OperationOptions<Awaited<Result>> | undefined, () => Result]
): unknown {
  const [options, work] = rest.length === 1 ? [undefined, rest[0]] : rest
  const running = start(name, (options ?? {}) as OperationOptions<unknown>)
  return context.with(running.context, () => run(running, work))
}

function start(name: string, options: OperationOptions<unknown>): RunningOperation {
  const { kind, attributes } = readSpanOptions(options)
  const shown = (typeof name === 'string' ? name : showValue(name)).slice(0, MAX_NAME)
  const span = trace.getTracer('telltale').startSpan(shown, { kind, attributes })
  return {
    name: shown,
    options,
    attributes,
    span,
    context: trace.setSpan(context.active(), span),
    startedAt: performance.now(),
  }
}

/** A copy that can be read again: a getter of the application's may throw. */
function readSpanOptions(options: OperationOptions<unknown>): {
  readonly kind: SpanKind
  readonly attributes: Attributes
} {
  try {
    const { kind = SpanKind.INTERNAL, attributes } = options
    return { kind, attributes: { ...attributes } }
  } catch {
    return { kind: SpanKind.INTERNAL, attributes: {} }
  }
}

function run(running: RunningOperation, work: () => unknown): unknown {
  let result: unknown
  try {
    result = work()
  } catch (error) {
    endOperationInTime(running, { error })
    throw error
  }
  if (isThenable(result)) return follow(running, result)
  endOperationInTime(running, { result })
  return result
}

async function follow(running: RunningOperation, work: PromiseLike<unknown>): Promise<unknown> {
  let result: unknown
  try {
    result = await work
  } catch (error) {
    await endOperation(running, { error })
    throw error
  }
  const auditError = await endOperation(running, { result })
  if (auditError) throw auditError.thrown
  return result
}
