import { connect, type Socket } from 'node:net'
import { nextHappening } from '../audit/trail/happenings.ts'
import { toRequest } from '../audit/trail/otlp-request.ts'
import { createRandom, toUuidV7 } from '../audit/trail/random.ts'
import { appendTo, startStream } from '../audit/trail/trail-record.ts'

/** Makes requests in advance, as many for each stream, so that sending them costs next to nothing. */
export interface Prepare {
  readonly kind: 'prepare'
  readonly streams: number
  readonly requestsPerStream: number
  readonly recordsPerRequest: number
}

/** Sends what was prepared: each stream on a connection of its own, one request at a time. */
export interface Send {
  readonly kind: 'send'
  readonly port: number
  readonly token: string
  /** Whether an answer must have a receipt for all records of its request. */
  readonly receipts: boolean
}

/** What the load process answers to {@link Send}. */
export interface Sent {
  readonly records: number
  readonly millis: number
}

interface Prepared {
  readonly records: number
  readonly body: Buffer
}

const random = createRandom(Date.now())
let prepared: Prepared[][] = []
let counter = 0

process.on('message', (order: Prepare | Send) => {
  if (order.kind === 'prepare') {
    prepared = Array.from({ length: order.streams }, () => prepare(order))
    process.send?.({ ready: true })
    return
  }
  send(order).then(
    (sent) => process.send?.(sent),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.send?.({ ready: true })

function prepare({ requestsPerStream, recordsPerRequest }: Prepare): Prepared[] {
  const stream = startStream(toUuidV7(Date.now(), (counter += 1), random), 'rewards-api')
  return Array.from({ length: requestsPerStream }, () => {
    const records = Array.from({ length: recordsPerRequest }, () => {
      counter += 1
      const micros = Date.now() * 1_000 + (counter % 1_000)
      const id = toUuidV7(Date.now(), counter, random)
      return appendTo(stream, nextHappening(random), id, micros)
    })
    return { records: records.length, body: toRequest(stream, records) }
  })
}

async function send(order: Send): Promise<Sent> {
  const streams = prepared
  prepared = []
  const requests = streams.map((stream) =>
    stream.map(({ records, body }) => ({ records, bytes: toHttp(order, body) })),
  )
  const sockets = await Promise.all(requests.map(() => open(order.port)))
  const startedAt = performance.now()
  const counts = await Promise.all(
    requests.map(async (list, index) => {
      let sum = 0
      for (const { records, bytes } of list) {
        const head = await ask(sockets[index]!, bytes)
        check(head, records, order.receipts)
        sum += records
      }
      return sum
    }),
  )
  const millis = performance.now() - startedAt
  for (const socket of sockets) socket.destroy()
  return { records: counts.reduce((sum, count) => sum + count, 0), millis }
}

function toHttp({ port, token }: Send, body: Buffer): Buffer {
  const head = [
    'POST /v1/logs HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/x-protobuf',
    'Telltale-Audit-Format: telltale/1',
    `Content-Length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.setNoDelay(true).setEncoding('latin1').on('error', reject)
  })
}

/** @returns the head of the answer */
function ask(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: string): void => {
      text += chunk
      const bodyAt = text.indexOf('\r\n\r\n') + 4
      if (bodyAt < 4) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < bodyAt + length) return
      settle()
      resolve(text.slice(0, bodyAt))
    }
    const onClose = (): void => {
      settle()
      reject(new Error(`the connection was closed after ${JSON.stringify(text)}`))
    }
    const settle = (): void => void socket.off('data', onData).off('close', onClose)
    socket.on('data', onData).on('close', onClose).write(request)
  })
}

function check(head: string, records: number, receipts: boolean): void {
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`not stored: ${head}`)
  if (!receipts) return
  const committed = /telltale-audit-committed: (\d+)/i.exec(head)?.[1]
  if (committed !== String(records)) {
    throw new Error(`a receipt for ${records} records was expected:\n${head}`)
  }
}

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
