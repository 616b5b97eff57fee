import { readFileSync } from 'node:fs'
import { toReason } from '../../core/errors.ts'
import type { Post, PostAnswer } from '../../otlp/post.ts'
import { CliError } from '../command.ts'
import { type OwnRecord, toRequest } from './own-record.ts'

/** Where it goes, and how it is let in there. */
export interface AuditReceiver {
  readonly endpoint: string | undefined
  readonly token: string | undefined
  readonly certificate?: string | undefined
  readonly clientCertificate?: string | undefined
  readonly clientKey?: string | undefined
}

const PAUSE_MILLIS = 500

/**
 * Has the Collector store a record; resolves once it says that it is committed.
 *
 * A plain OpenTelemetry log record: the Collector makes the evidence.
 *
 * @throws {CliError} when it is refused, or not confirmed within `withinMillis`
 */
export async function sendOwnRecord(
  record: OwnRecord,
  receiver: AuditReceiver,
  withinMillis: number,
): Promise<void> {
  const post = await createReceiverPost(receiver, 'application/json')
  const body = Buffer.from(JSON.stringify(toRequest(record)))
  const deadline = Date.now() + withinMillis
  for (;;) {
    const reason = await attempt(post, body, deadline - Date.now())
    if (reason === undefined) return
    if (Date.now() + PAUSE_MILLIS >= deadline) {
      throw new CliError(`the audit receiver did not confirm the record in time: ${reason}`)
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS))
  }
}

/** A client for the audit receiver, with the token and the TLS files of the options. */
export async function createReceiverPost(
  receiver: AuditReceiver,
  contentType: string,
): Promise<Post> {
  const { endpoint, token } = receiver
  if (endpoint === undefined) {
    throw new CliError(
      '"--endpoint" is missing: it must be given, or TELLTALE_AUDIT_ENDPOINT in the environment',
    )
  }
  const { createPost } = await import('../../otlp/post.ts')
  return createPost(
    `${endpoint.replace(/\/+$/, '')}/v1/logs`,
    {
      'content-type': contentType,
      'telltale-audit-format': 'telltale/1',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    {
      ...(receiver.certificate && { ca: readTlsFile('--certificate', receiver.certificate) }),
      ...(receiver.clientCertificate && {
        cert: readTlsFile('--client-certificate', receiver.clientCertificate),
      }),
      ...(receiver.clientKey && { key: readTlsFile('--client-key', receiver.clientKey) }),
    },
  )
}

function readTlsFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CliError(`the file of "${option}" cannot be read: ${toReason(error)}`, {
      cause: error,
    })
  }
}

/** @returns why it should be tried again; nothing when it is committed */
async function attempt(
  post: Post,
  body: Uint8Array,
  timeoutMillis: number,
): Promise<string | undefined> {
  let answer: PostAnswer
  try {
    answer = await post(body, timeoutMillis)
  } catch (error) {
    return toReason(error)
  }
  const { status, headers } = answer
  if (status === 200) {
    return headers['telltale-audit-committed'] === '1'
      ? undefined
      : 'it answered 200 without a receipt (Telltale-Audit-Committed), so it is not the audit receiver'
  }
  const text = Buffer.from(answer.body).toString('utf8').trim().slice(0, 200)
  const reason = `it answered HTTP ${status} ${text}`
  if (status === 401 || status === 403) throw new CliError(`${reason}; see "--token"`)
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) throw new CliError(reason)
  return reason
}
