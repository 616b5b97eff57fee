import type * as http from 'node:http'
import type { Socket } from 'node:net'
import type { TlsMaterial } from './target.ts'

/** An agent that knows whether anything of a request can have left. */
export interface UnrefAgent extends http.Agent {
  /** False while no connection has come about: nothing has been sent then. */
  isConnected(): boolean
}

/**
 * A keep-alive HTTP agent whose sockets never keep the process alive.
 *
 * Who wants to wait for an export waits with a timer of its own; an application that has nothing left to do ends.
 */
export function createUnrefAgent(protocol: string, tls: TlsMaterial, maxSockets = 4): UnrefAgent {
  // Not imported: a static import would load node:http before the module hooks are there.
  const Agent: typeof http.Agent =
    protocol === 'https:'
      ? process.getBuiltinModule('node:https').Agent
      : process.getBuiltinModule('node:http').Agent
  const open = new Set<Socket>()
  class Unref extends Agent {
    isConnected(): boolean {
      return [...open].some((socket) => !socket.connecting)
    }
    override createConnection(
      ...args: Parameters<http.Agent['createConnection']>
    ): ReturnType<http.Agent['createConnection']> {
      const stream = super.createConnection(...args)
      const socket = stream as Socket | undefined
      if (socket) {
        socket.unref()
        open.add(socket)
        socket.once('close', () => open.delete(socket))
      }
      return stream
    }
    override reuseSocket(...args: Parameters<http.Agent['reuseSocket']>): void {
      super.reuseSocket(...args)
      ;(args[0] as Socket).unref()
    }
  }
  const options: http.AgentOptions & TlsMaterial = { keepAlive: true, maxSockets, ...tls }
  return new Unref(options)
}
