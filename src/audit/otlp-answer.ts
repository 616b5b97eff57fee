import type { PostAnswer } from '../otlp/post.ts'

/** Reads how many records an OTLP answer says were rejected; throws when it is no OTLP answer. */
export type ReadRejected = (body: Uint8Array) => number

/**
 * Why an answer with status 200 is no confirmation; nothing when it is one.
 *
 * Any proxy, default page or wrong port answers 200 too: only an OTLP answer in the format of the request counts, and
 * only if it rejects nothing.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
export function notConfirmed(
  answer: PostAnswer,
  contentType: string,
  readRejected: ReadRejected,
): string | undefined {
  const given = String(answer.headers['content-type'] ?? 'nothing')
    .split(';', 1)[0]!
    .trim()
  if (given.toLowerCase() !== contentType) {
    return `answered 200 with ${given} instead of ${contentType}, so it is no OTLP receiver`
  }
  try {
    const rejected = readRejected(answer.body)
    return rejected > 0 ? `answered 200 but rejected ${rejected} records` : undefined
  } catch {
    return 'answered 200 with something that is no OTLP answer'
  }
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
