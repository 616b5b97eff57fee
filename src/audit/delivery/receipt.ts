import type { PostAnswer } from '../../otlp/post.ts'

/** The evidence format that requests and answers name. */
export const AUDIT_FORMAT = 'telltale/1'

/** What an answer means for the records of its request. */
export type Verdict =
  | { readonly kind: 'committed' }
  /**
   * The request cannot be read or is too large; a part of it may be all right. `byReceiver` when the audit receiver
   * itself says so, not something on the way to it.
   */
  | { readonly kind: 'refused'; readonly reason: string; readonly byReceiver: boolean }
  | { readonly kind: 'again'; readonly reason: string; readonly retryInMillis?: number }

/**
 * Reads an answer. Only a receipt for exactly so many records releases them: any proxy, default page or other
 * Collector answers 200 too.
 */
export function readAnswer(answer: PostAnswer, records: number): Verdict {
  const { status, headers } = answer
  if (status === 200) {
    const objection = objectionToReceipt(headers, records)
    return objection ? { kind: 'again', reason: objection } : { kind: 'committed' }
  }
  const reason = describeAnswer(answer)
  if (status === 400 || status === 413) {
    return {
      kind: 'refused',
      reason,
      byReceiver: headers['telltale-audit-format'] === AUDIT_FORMAT,
    }
  }
  const seconds = Number(headers['retry-after'])
  const isGiven = headers['retry-after'] !== undefined && seconds >= 0
  return { kind: 'again', reason, ...(isGiven && { retryInMillis: seconds * 1_000 }) }
}

function objectionToReceipt(headers: PostAnswer['headers'], records: number): string | undefined {
  const format = headers['telltale-audit-format']
  const committed = headers['telltale-audit-committed']
  if (committed === undefined) {
    return 'answered 200 without a receipt (Telltale-Audit-Committed), so it is not the audit receiver'
  }
  if (format !== AUDIT_FORMAT) {
    return `answered 200 in the format ${String(format ?? 'nothing')} instead of ${AUDIT_FORMAT}`
  }
  return committed === String(records)
    ? undefined
    : `answered 200 for ${String(committed)} of ${records} records`
}

/** An answer in words: status, and what it says if that is text. */
export function describeAnswer({ status, body }: PostAnswer): string {
  const text = Buffer.from(body).toString('utf8')
  // Bodies in protobuf are not for people.
  const shown = /^[\t\n\r\x20-\x7e]*$/.test(text) ? text.trim().slice(0, 200) : ''
  return `HTTP ${status}${shown ? ` ${shown}` : ''}${HINTS[status] ?? ''}`
}

const HINTS: Readonly<Record<number, string>> = {
  401: '; set TELLTALE_AUDIT_TOKEN to the token of the audit receiver',
  404: '; TELLTALE_AUDIT_ENDPOINT must be the base URL of the audit receiver (port 4319)',
}
