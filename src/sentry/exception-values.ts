/** Reads the frames of a stack trace; Sentry's own parser. */
export type ParseStack = (stack: string) => readonly object[]

/** One error of a chain, as Sentry takes it. */
export interface ExceptionValue {
  readonly type: string
  readonly value: string
  readonly stacktrace?: { readonly frames: readonly object[] }
}

/** What `exception.stacktrace` begins the stack of a cause with, and that of a part of an AggregateError. */
const TITLE = /^(?:Caused by: |Error \d+ of \d+: )/m
/** `TypeError [ERR_X]: not that`, as the first lines of a stack. */
const HEADER = /^(?<type>[\w$.]+)(?: \[[^\]\n]*\])?: (?<value>.*)$/s
const FRAME = /^\s+at /m

/**
 * The error of a log record with all that belongs to it, each with a stack of its own. As Sentry wants it, what was thrown comes
 * last, and what it was caused by before it.
 *
 * @param first - type and message of what was thrown
 * @param stacktrace - its stack, and after it those of its causes and parts
 */
export function toExceptionValues(
  first: { readonly type: string; readonly value: string },
  stacktrace: string,
  parseStack: ParseStack,
): ExceptionValue[] {
  const [stack = '', ...others] = stacktrace.split(TITLE)
  const withFrames = (error: typeof first, text: string): ExceptionValue => {
    const frames = parseStack(text)
    return { ...error, ...(frames.length > 0 && { stacktrace: { frames } }) }
  }
  return [
    ...others.map((text) => withFrames(toError(text), text)).toReversed(),
    withFrames(first, stack),
  ]
}

function toError(stack: string): { readonly type: string; readonly value: string } {
  const header = stack.split(FRAME)[0]!.trim()
  const { type, value } = HEADER.exec(header)?.groups ?? {}
  // Anything can be a cause: a text is one that has no type.
  return type !== undefined && value !== undefined
    ? { type, value }
    : { type: 'Error', value: header }
}
