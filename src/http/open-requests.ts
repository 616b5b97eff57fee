import type { NodeRequest, NodeResponse, NodeSocket } from './node-messages.ts'

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
  const open = openRequestsOf(socket)
  const end: Ending = (finished) => {
    if (open.delete(end)) told(finished)
  }
  open.add(end)
  response?.once('finish', () => end(true))
  response?.once('close', () => end(false))
  return end
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
