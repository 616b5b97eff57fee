import type { Duplex } from 'node:stream'
import { isBytes } from '../core/value-kinds.ts'
import type { NodeResponse } from './node-messages.ts'

/** A request that may take its connection over. */
interface Waiting {
  /** None after the event `upgrade`: whoever took the connection writes its answer as text. */
  readonly response: NodeResponse | undefined
  told(status: number): void
}

const waitingOn = new WeakMap<Duplex, Set<Waiting>>()

/**
 * Tells the status that is written to a connection past the response object, `HTTP/1.1 101 …` or a refusal: how web sockets
 * are answered. What is answered by the response is not told.
 *
 * The connection is looked at once, however many requests wait on it: each of a long pipeline may ask for a web socket.
 */
export function whenAnswered(
  socket: Duplex,
  response: NodeResponse | undefined,
  told: (status: number) => void,
): void {
  let waiting = waitingOn.get(socket)
  if (!waiting) {
    waiting = new Set()
    waitingOn.set(socket, waiting)
    lookAt(socket, waiting)
  }
  waiting.add({ response, told })
}

function lookAt(socket: Duplex, waiting: Set<Waiting>): void {
  const { write, end } = socket
  const look = (chunk: unknown): void => {
    const status = statusOf(chunk)
    if (status === undefined) return
    for (const each of waiting) {
      // In a pipeline this is the answer to one before it.
      if (each.response && each.response.socket !== socket) continue
      waiting.delete(each)
      if (!each.response?.headersSent) each.told(status)
    }
    if (waiting.size === 0) restore()
  }
  const lookingWrite = function (this: Duplex, ...args: unknown[]): unknown {
    look(args[0])
    return Reflect.apply(write, this, args)
  } as typeof socket.write
  const lookingEnd = function (this: Duplex, ...args: unknown[]): unknown {
    look(args[0])
    return Reflect.apply(end, this, args)
  } as typeof socket.end
  const restore = (): void => {
    // Somebody else looks as well, through ours: it stays, for the next request too.
    if (socket.write !== lookingWrite || socket.end !== lookingEnd) return
    socket.write = write
    socket.end = end
    waitingOn.delete(socket)
  }
  socket.write = lookingWrite
  socket.end = lookingEnd
}

/** The status of a final answer; those before it, such as 103, are none. */
function statusOf(chunk: unknown): number | undefined {
  const start = typeof chunk === 'string' ? chunk.slice(0, 16) : toStart(chunk)
  const status = /^HTTP\/1\.[01] (101|[2-9]\d\d)/.exec(start)?.[1]
  return status === undefined ? undefined : Number(status)
}

function toStart(chunk: unknown): string {
  return isBytes(chunk) ? Buffer.from(chunk.subarray(0, 16)).toString('latin1') : ''
}
