import { hash, randomFillSync } from 'node:crypto'
import type { Redaction } from '../core/redaction.ts'
import { isError, isPlainObject } from '../core/value-kinds.ts'
import { toAuditValue, MAX_DETAIL_DEPTH } from './audit-value.ts'
import type { DetailTexts } from './compiled-evidence.ts'
import { createValueTexts, ValueRefused, type ValueTexts } from './evidence-text.ts'
import type { Annex } from './made-record.ts'
import { describeIssue, type StandardSchema } from './standard-schema.ts'

/** The details as the schema has let them through, or what is wrong with them. */
export type CheckedDetails =
  | { readonly value: object | undefined; readonly problems?: undefined }
  | { readonly problems: readonly string[] }

/** The texts of details, and what of them may be erased. */
export interface MadeDetails extends DetailTexts {
  readonly annex: Annex | undefined
}

const NO_DETAILS: CheckedDetails = { value: undefined }

/** Runs the schema; a promise only when the schema is one that needs time. */
export function checkDetails(
  schema: StandardSchema | undefined,
  given: unknown,
): CheckedDetails | Promise<CheckedDetails> {
  if (!schema) return given === undefined ? NO_DETAILS : asObject(given)
  try {
    const result = schema['~standard'].validate(given ?? {})
    if (!('then' in result)) return readResult(result)
    // A promise of ours: another realm's, or a library's, is not known as one further on, and would pass unread.
    return Promise.resolve(result).then(readResult).catch(toProblem)
  } catch (error) {
    return toProblem(error)
  }
}

function readResult(
  result: Awaited<ReturnType<StandardSchema['~standard']['validate']>>,
): CheckedDetails {
  if (result.issues) {
    return { problems: result.issues.map((issue) => `details ${describeIssue(issue)}`) }
  }
  return result.value === undefined ? NO_DETAILS : asObject(result.value)
}

function asObject(value: unknown): CheckedDetails {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value }
  const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
  return { problems: [`"details" must be an object; got ${what}`] }
}

/** A schema may throw; the record is refused with what it says. */
function toProblem(error: unknown): CheckedDetails {
  return { problems: [isError(error) ? error.message : String(error)] }
}

/** Makes the texts of details, under one set of rules. */
export interface DetailsMaker {
  /**
   * @param erasable - names of members that go into the annex
   * @throws {TypeError} names the member that cannot be recorded
   */
  make(details: object | undefined, erasable: ReadonlySet<string> | undefined): MadeDetails
}

const NO_TEXTS: MadeDetails = { details: undefined, annexHash: undefined, annex: undefined }

/** Creates what makes details into texts; what `redaction` hides is in none of them. */
export function createDetailsMaker(redaction: Redaction): DetailsMaker {
  // The value of the attribute has depth 1, so its members have 2.
  const texts = createValueTexts({ maxDepth: MAX_DETAIL_DEPTH + 1, strict: true, redaction })
  return {
    make(details, erasable) {
      if (details === undefined) return NO_TEXTS
      try {
        if (!isPlainObject(details)) throw new ValueRefused('they are no plain object')
        return erasable ? divide(details, erasable, texts) : plain(texts.list(details, 2))
      } catch (error) {
        if (!(error instanceof ValueRefused)) throw error
        // The slow way finds out which member it was.
        toAuditValue(details)
        throw new TypeError(`"details" cannot be recorded: ${error.message}`, { cause: error })
      }
    },
  }
}

function plain(details: string): MadeDetails {
  return { details, annexHash: undefined, annex: undefined }
}

function divide(details: object, erasable: ReadonlySet<string>, texts: ValueTexts): MadeDetails {
  const erased = texts.list(details, 2, (key) => erasable.has(key))
  if (erased === '') return plain(texts.list(details, 2))
  const bytes = Buffer.from(`{"values":[${erased}]}`)
  const salt = randomFillSync(Buffer.allocUnsafe(32))
  return {
    details: texts.list(details, 2, (key) => !erasable.has(key)),
    annexHash: hash('sha256', Buffer.concat([salt, bytes]), 'hex'),
    annex: { salt, bytes },
  }
}
