import { toReason } from '../../core/errors.ts'
import { createPost, type PostAnswer } from '../../otlp/post.ts'
import type { TlsMaterial } from '../../otlp/target.ts'
import type { FindingCode } from './findings.ts'

/** What there is at an address to which an empty OTLP request was sent. */
export interface Reached {
  /** What is wrong with it; nothing when it takes OTLP. */
  readonly problem?: { readonly code: FindingCode; readonly what: string }
  /** Whether something spoke HTTP there. */
  readonly hasAnswered: boolean
  /** How far its clock is ahead of ours; missing without a date. */
  readonly aheadMillis?: number
  readonly headers: PostAnswer['headers']
}

/** An address, and how one is let in there. */
export interface Address {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsMaterial
}

const REACH_MILLIS = 5_000

/** Sends an empty request, which stores nothing, and says what came of it. */
export async function reach({ url, headers, tls }: Address): Promise<Reached> {
  const post = createPost(url, { 'content-type': 'application/json', ...headers }, tls)
  const isProtobuf = headers['content-type'] === 'application/x-protobuf'
  const sentAt = Date.now()
  let answer: PostAnswer
  try {
    answer = await post(Buffer.from(isProtobuf ? '' : '{}'), REACH_MILLIS)
  } catch (error) {
    return { problem: toProblem(error), hasAnswered: false, headers: {} }
  }
  const date = Date.parse(String(answer.headers['date']))
  const problem = judge(answer)
  return {
    ...(problem && { problem }),
    ...(Number.isFinite(date) && { aheadMillis: date - (sentAt + Date.now()) / 2 }),
    hasAnswered: true,
    headers: answer.headers,
  }
}

function toProblem(error: unknown): NonNullable<Reached['problem']> {
  const what = toReason(error)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (/^(?:ENOTFOUND|EAI_)/.test(code)) return { code: 'collector-name', what }
  if (/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code)) {
    return { code: 'collector-refused', what }
  }
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code)) return { code: 'collector-tls', what }
  if (code.startsWith('HPE_'))
    return { code: 'collector-wrong', what: `it does not speak HTTP/1.1 (${what})` }
  if (code === 'ECONNRESET' || what.includes('socket hang up')) {
    return { code: 'collector-wrong', what: `it closes the connection (${what})` }
  }
  return { code: 'collector-silent', what }
}

function judge({ status, headers, body }: PostAnswer): Reached['problem'] {
  const type = String(headers['content-type'] ?? '')
  if (status === 401 || status === 403) {
    return { code: 'collector-unauthorized', what: `it answers HTTP ${status}` }
  }
  // An overloaded Collector is one all the same.
  if (status === 429 || (status >= 500 && status < 600)) {
    return { code: 'collector-silent', what: `it answers HTTP ${status}` }
  }
  if (status !== 200) return { code: 'collector-wrong', what: `it answers HTTP ${status}` }
  const isOtlp =
    type === '' || /^application\/(?:json|x-protobuf)\b/.test(type) || body.byteLength === 0
  if (isOtlp) return undefined
  return { code: 'collector-wrong', what: `it answers with ${type.split(';', 1)[0]}` }
}
