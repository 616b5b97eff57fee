import { EventEmitter } from 'node:events'
import type { NodeRequest, NodeResponse, NodeSocket } from './node-messages.ts'

const { on, prependListener } = EventEmitter.prototype

type Ending = (finished: boolean) => void

const bySocket = new WeakMap<NodeSocket, Set<Ending>>()

/**
 * Tells once when a response is over: `true` when it was handed over whole, `false` when the connection ended before.
 *
 * A response that waits in a pipeline for the ones before it hears nothing when its connection breaks: the connection is
 * listened to as well, with one listener however many requests it carries.
 */
export function whenOver(
  { socket }: NodeRequest,
  response: NodeResponse | undefined,
  told: Ending,
): Ending {
  // A request that a test made up may have none.
  const open = socket ? openRequestsOf(socket) : new Set<Ending>()
  const end: Ending = (finished) => {
    if (open.delete(end)) told(finished)
  }
  open.add(end)
  if (response) {
    const emitter = response as unknown as EventEmitter
    // Not response.on(): the context manager binds each listener that is added so, and ours needs none of that.
    on.call(emitter, 'finish', () => end(isWhole(response)))
    // Before the instrumentation of `node:http` hears of it, which ends the span: the route, known at the end only, belongs on it.
    prependListener.call(emitter, 'close', () => end(false))
  }
  return end
}

/** Whether a request is over already, and nobody will say so any more: `true` and `false` as above. */
export function howOver(
  { socket }: NodeRequest,
  response: NodeResponse | undefined,
): boolean | undefined {
  if (response?.writableFinished) return true
  return socket?.destroyed || response?.destroyed ? false : undefined
}

/** HTTP/2 says `finish` of every response that ends, whatever ended it. */
function isWhole({ stream, writableEnded }: NodeResponse): boolean {
  return !stream || (writableEnded === true && !stream.rstCode)
}

function openRequestsOf(socket: NodeSocket): Set<Ending> {
  let open = bySocket.get(socket)
  if (!open) {
    const created = new Set<Ending>()
    open = created
    bySocket.set(socket, created)
    socket.once('close', () => {
      for (const end of created) end(false)
    })
  }
  return open
}
