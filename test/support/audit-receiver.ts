import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { readMessage } from '../../src/testing/protobuf-fields.ts'

/** An audit record as it arrived. */
export interface ReceivedRecord {
  readonly recordId: string
  readonly eventName: string
  readonly timeUnixNano: bigint
  readonly evidence: Buffer
  /** Attributes beside the body, by key: text or bytes. */
  readonly attributes: Readonly<Record<string, string | Buffer>>
}

/** An answer; what is not given is as the audit receiver has it. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the connection is cut instead. */
  readonly cut?: boolean
  readonly silent?: boolean
}

/** Decides on a request before it is committed; nothing commits it and gives the receipt. */
export type Decide = (records: readonly ReceivedRecord[], number: number) => Answer | undefined

/** A receiver that speaks the receipt protocol of docs/design/audit.md, section 5, and keeps what it commits. */
export interface AuditReceiver extends AsyncDisposable {
  readonly url: string
  /** Committed, in the order of arrival; a record that came again is not there twice. */
  readonly committed: Map<string, ReceivedRecord>
  readonly requests: { readonly headers: IncomingHttpHeaders; readonly records: number }[]
  decide(next: Decide | undefined): void
  /** Resolves when `holds` does; asked after each request. */
  until(holds: () => boolean): Promise<void>
}

/** Starts a receiver on a loopback port. */
export async function startAuditReceiver(port = 0): Promise<AuditReceiver> {
  let decide: Decide | undefined
  const committed: AuditReceiver['committed'] = new Map()
  const requests: AuditReceiver['requests'] = []
  let waiting: { holds: () => boolean; resolve: () => void }[] = []
  const check = (): void => {
    waiting = waiting.filter(({ holds, resolve }) => {
      if (!holds()) return true
      resolve()
      return false
    })
  }
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const sent = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
      const records = readRecords(body)
      requests.push({ headers: request.headers, records: records.length })
      const answer = decide?.(records, requests.length)
      const commits = answer === undefined || (answer.cut === true && answer.status === 200)
      if (commits) for (const record of records) committed.set(record.recordId, record)
      if (answer?.cut) request.socket.destroy()
      else if (!answer?.silent) {
        response.writeHead(answer?.status ?? 200, {
          'content-type': 'application/x-protobuf',
          ...(commits && {
            'telltale-audit-format': 'telltale/1',
            'telltale-audit-committed': String(records.length),
          }),
          ...answer?.headers,
        })
        response.end()
      }
      check()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    committed,
    requests,
    decide: (next) => void (decide = next),
    until: (holds) =>
      new Promise((resolve) => {
        waiting.push({ holds, resolve })
        check()
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The records of an ExportLogsServiceRequest. */
export function readRecords(body: Buffer): ReceivedRecord[] {
  return all(body, 1)
    .flatMap((resourceLogs) => all(resourceLogs, 2))
    .flatMap((scopeLogs) => all(scopeLogs, 2))
    .map((logRecord) => {
      const fields = readMessage(logRecord)
      const attributes = Object.fromEntries(
        all(logRecord, 6).map((pair) => {
          const [key, value] = [all(pair, 1)[0]!, readMessage(all(pair, 2)[0]!)]
          const text = value.get(1)?.[0] as Buffer | undefined
          return [key.toString(), text?.toString() ?? (value.get(7)?.[0] as Buffer)]
        }),
      )
      return {
        recordId: String(attributes['audit.record.id']),
        eventName: String(fields.get(12)?.[0] ?? ''),
        timeUnixNano: fields.get(1)?.[0] as bigint,
        evidence: Buffer.from(all(all(logRecord, 5)[0]!, 7)[0]!),
        attributes,
      }
    })
}

function all(message: Buffer, field: number): Buffer[] {
  return (readMessage(message).get(field) ?? []) as Buffer[]
}
