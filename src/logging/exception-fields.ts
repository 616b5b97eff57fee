import { isError } from '../core/value-kinds.ts'

/** Errors within errors, causes and parts of an AggregateError alike, that are still shown. */
const MAX_RELATED = 16

/** Longest stack trace of an error with all that belongs to it, in characters. */
const MAX_STACKTRACE = 16_384
const MAX_MESSAGE = 4_096

/** What was thrown, in the names of OpenTelemetry's semantic conventions. */
export interface ExceptionFields {
  readonly 'exception.type': string
  readonly 'exception.message': string
  readonly 'exception.stacktrace'?: string
}

/**
 * Describes whatever was thrown: an error with its causes and, of an AggregateError, its parts; anything else by its type and
 * its text. Never throws, whatever the value does when it is read.
 */
export function toExceptionFields(thrown: unknown): ExceptionFields {
  try {
    if (!isErrorLike(thrown)) {
      return { 'exception.type': typeof thrown, 'exception.message': toText(thrown) }
    }
    const stacktrace = toStacktrace(thrown)
    return {
      'exception.type': toType(thrown),
      'exception.message': toMessage(thrown),
      ...(stacktrace !== '' && { 'exception.stacktrace': stacktrace }),
    }
  } catch {
    return { 'exception.type': typeof thrown, 'exception.message': '[threw when it was read]' }
  }
}

interface ErrorLike {
  readonly name?: unknown
  readonly message: unknown
  readonly stack?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

/** Also errors of other realms, and what libraries throw in their place. */
function isErrorLike(value: unknown): value is ErrorLike {
  if (typeof value !== 'object' || value === null) return false
  return isError(value) || typeof (value as ErrorLike).message === 'string'
}

/** The class, where the name does not say it: most classes of errors do not set theirs. */
function toType(error: ErrorLike): string {
  const { name } = error
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name
  const className: unknown = error.constructor?.name
  return typeof className === 'string' && className !== '' ? className : 'Error'
}

function toMessage(error: ErrorLike): string {
  const { message } = error
  if (typeof message === 'string' && message !== '') return cut(message, MAX_MESSAGE)
  // That of an AggregateError is often empty, such as the one of a connection that failed by every address.
  const [first] = partsOf(error)
  return first === undefined ? '' : cut(toText(first), MAX_MESSAGE)
}

/** The stacks of an error and of what belongs to it, each once. */
function toStacktrace(error: ErrorLike): string {
  const seen = new Set<unknown>()
  const lines: string[] = []
  const add = (value: unknown, title: string): void => {
    if (value === undefined || seen.has(value) || seen.size >= MAX_RELATED) return
    seen.add(value)
    lines.push(title + stackOf(value))
    if (!isErrorLike(value)) return
    add(value.cause, 'Caused by: ')
    const parts = partsOf(value)
    // Not all of them: a list may be endless.
    for (let index = 0; index < Math.min(parts.length, MAX_RELATED); index += 1) {
      add(parts[index], `Error ${index + 1} of ${parts.length}: `)
    }
  }
  add(error, '')
  return cut(lines.filter((line) => line !== '').join('\n'), MAX_STACKTRACE)
}

function stackOf(value: unknown): string {
  if (!isErrorLike(value)) return toText(value)
  const { stack } = value
  if (typeof stack === 'string' && stack !== '') return stack
  return isError(value) ? `${toType(value)}: ${toMessage(value)}` : ''
}

function partsOf({ errors }: ErrorLike): readonly unknown[] {
  return Array.isArray(errors) ? errors : []
}

function toText(value: unknown): string {
  if (isErrorLike(value)) return `${toType(value)}: ${toMessage(value)}`
  if (typeof value !== 'object' || value === null) return cut(String(value), MAX_MESSAGE)
  return cut(toJson(value) ?? toInspected(value), MAX_MESSAGE)
}

function toJson(value: object): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    // A cycle, or a big integer.
    return undefined
  }
}

function toInspected(value: object): string {
  // Not imported: it loads modules that are patched later.
  return process.getBuiltinModule('node:util').inspect(value, INSPECTED)
}

/** As little of a value as a message needs; nothing of it is called. */
const INSPECTED = { depth: 2, breakLength: Infinity, maxArrayLength: 20, customInspect: false }

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
