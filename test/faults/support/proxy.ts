import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

/** What the proxy does with a request that it has read whole. */
export type Behaviour =
  | { readonly kind: 'pass' }
  /** Breaks the connection off before anything is forwarded. */
  | { readonly kind: 'reset' }
  /** Takes the request and never answers. */
  | { readonly kind: 'swallow' }
  /** Forwards in small pieces, and gives the answer back in small pieces. */
  | { readonly kind: 'slow'; readonly millis: number }
  /** Forwards, waits for the whole answer, and breaks the connection off instead of giving it back. */
  | { readonly kind: 'cut-reply' }
  /** Answers by itself and forwards nothing. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Uint8Array
    }

/** Decides on one request. */
export type Decide = (bodyLength: number) => Behaviour

/** A proxy in front of the audit receiver that can misbehave. */
export interface Proxy extends AsyncDisposable {
  readonly url: string
  /** From the next request on. */
  behave(decide: Decide): void
  /** Nobody listens at the port until {@link listen} is called. */
  refuse(): Promise<void>
  listen(): Promise<void>
  /** How many requests were treated so. */
  readonly treated: ReadonlyMap<Behaviour['kind'], number>
}

const passAll: Decide = () => ({ kind: 'pass' })

/** Starts a proxy that passes everything on. */
export async function startProxy(target: string, random: Random): Promise<Proxy> {
  const treated = new Map<Behaviour['kind'], number>()
  const sockets = new Set<Socket>()
  const held = new Set<ServerResponse>()
  let decide = passAll
  const server = createServer((incoming, response) => {
    treat(incoming, response).catch(() => response.destroy())
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  const treat = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(incoming)
    const behaviour = decide(body.length)
    treated.set(behaviour.kind, (treated.get(behaviour.kind) ?? 0) + 1)
    switch (behaviour.kind) {
      case 'reset':
        return void incoming.socket.resetAndDestroy()
      case 'swallow':
        return void held.add(response)
      case 'answer':
        response.writeHead(behaviour.status, behaviour.headers)
        return void response.end(behaviour.body)
      default:
        return forward(incoming, body, response, behaviour)
    }
  }

  const forward = async (
    incoming: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    behaviour: Behaviour,
  ): Promise<void> => {
    const pause = behaviour.kind === 'slow' ? behaviour.millis : 0
    const answer = await send(target, incoming, body, pause)
    const received = await readAll(answer)
    if (behaviour.kind === 'cut-reply') {
      return void (random.next() < 0.5
        ? incoming.socket.resetAndDestroy()
        : incoming.socket.destroy())
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    await inPieces(response, received, pause)
    response.end()
  }

  return {
    url: `http://127.0.0.1:${port}`,
    treated,
    behave(next) {
      decide = next
      // Who was left without an answer hears now that there will be none.
      for (const response of held) response.destroy()
      held.clear()
    },
    refuse: async () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
    listen: async () =>
      new Promise((resolve, reject) => {
        server.once('error', reject).listen(port, '127.0.0.1', resolve)
      }),
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return
      await new Promise((resolve) => {
        server.close(resolve)
        for (const socket of sockets) socket.destroy()
      })
    },
  }
}

async function send(
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
  pause: number,
): Promise<IncomingMessage> {
  const { method, url, headers } = incoming
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(url ?? '/', target), {
      method,
      // One connection each: one that the Collector closed meanwhile would look like a fault of ours.
      agent: false,
      headers: { ...headers, host: new URL(target).host, connection: 'close' },
    })
    outgoing.once('response', resolve).once('error', reject)
    inPieces(outgoing, body, pause).then(() => outgoing.end(), reject)
  })
}

async function inPieces(
  writable: { write(chunk: Uint8Array): boolean },
  bytes: Buffer,
  pause: number,
): Promise<void> {
  const pieces = pause === 0 ? 1 : 5
  const length = Math.max(1, Math.ceil(bytes.length / pieces))
  for (let start = 0; start < bytes.length; start += length) {
    if (pause > 0) await sleep(pause / pieces)
    writable.write(bytes.subarray(start, start + length))
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
