import { context, SpanKind, trace, type Attributes } from '@opentelemetry/api'
import { endOperation, type RunningOperation } from './end-operation.ts'
import type { OperationOptions } from './operation-options.ts'

export { setOperationReporter } from './end-operation.ts'

/** What an operation returns: the value of its work, or a promise of it. */
export type OperationResult<Result> =
  Result extends PromiseLike<infer Value> ? Promise<Value> : Result

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
  options: OperationOptions<NoInfer<Awaited<Result>>> | undefined,
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
  const { kind = SpanKind.INTERNAL } = options
  const attributes = readAttributes(options)
  const span = trace.getTracer('telltale').startSpan(name, { kind, attributes })
  return {
    name,
    options,
    attributes,
    span,
    context: trace.setSpan(context.active(), span),
    startedAt: performance.now(),
  }
}

/** A copy that can be read again: a getter of the application's may throw. */
function readAttributes({ attributes }: OperationOptions<unknown>): Attributes {
  try {
    return { ...attributes }
  } catch {
    return {}
  }
}

function run(running: RunningOperation, work: () => unknown): unknown {
  let result: unknown
  try {
    result = work()
  } catch (error) {
    // Synchronous work does not wait for its audit record.
    void endOperation(running, { error })
    throw error
  }
  if (isThenable(result)) return follow(running, result)
  void endOperation(running, { result })
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
  if (auditError !== undefined && running.options.auditRequired) throw auditError.thrown
  return result
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  try {
    return typeof (value as PromiseLike<unknown>).then === 'function'
  } catch {
    // Something that cannot be looked at is returned as it is.
    return false
  }
}
