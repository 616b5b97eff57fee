import { join } from 'node:path'

/** The socket that says whether a lane's owner is alive. */
export const LOCK_NAME = 'lock'

/** A lane's lock as long as this thread holds it; the system lets go of it when the thread ends, however it ends. */
export interface LaneLock {
  release(): void
}

/**
 * Takes the lock of a lane that nobody else knows of yet.
 *
 * @throws {Error} when the socket cannot listen
 */
export function takeLock(lane: string): LaneLock {
  // Not imported: node:net must not be loaded before the module hooks are there.
  const { createServer } = process.getBuiltinModule('node:net')
  const server = createServer((socket) => socket.destroy())
  let failure: Error | undefined
  server.on('error', (error) => (failure = error))
  // exclusive: in a cluster worker the primary would listen in its stead, and live on when the worker is dead.
  server.listen({ path: join(lane, LOCK_NAME), exclusive: true })
  // A path is bound before listen() returns, the error is only told later.
  if (!server.listening) {
    server.close()
    throw failure ?? new Error(`the socket ${join(lane, LOCK_NAME)} cannot listen`)
  }
  server.unref()
  return { release: () => void server.close() }
}

/** Whether a lane's owner is alive; a lane without a socket has none, because each began with one. */
export function isOwned(lane: string): Promise<boolean> {
  const { connect } = process.getBuiltinModule('node:net')
  return new Promise((resolve) => {
    const socket = connect({ path: join(lane, LOCK_NAME) })
    socket.unref()
    let owned = true
    socket.on('connect', () => socket.destroy())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Whatever else is wrong (no right, no descriptors, a full backlog) says nothing about the owner.
      owned = !['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')
    })
    // Its descriptor is given back by then.
    socket.on('close', () => resolve(owned))
  })
}
