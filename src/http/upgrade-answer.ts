import type { Duplex } from 'node:stream'

/**
 * Tells the status that is written to a connection first: after an upgrade there is no response object, and whoever took the
 * connection writes `HTTP/1.1 101 …`, or a refusal, as text.
 */
export function whenAnswered(socket: Duplex, told: (status: number) => void): void {
  const look = (chunk: unknown): void => {
    const start = typeof chunk === 'string' ? chunk.slice(0, 16) : toStart(chunk)
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(start)?.[1]
    if (status === undefined) return
    restore()
    told(Number(status))
  }
  const { write, end } = socket
  const restore = (): void => {
    if (socket.write === lookingWrite) socket.write = write
    if (socket.end === lookingEnd) socket.end = end
  }
  const lookingWrite = function (this: Duplex, ...args: unknown[]): unknown {
    look(args[0])
    return Reflect.apply(write, this, args)
  } as typeof socket.write
  const lookingEnd = function (this: Duplex, ...args: unknown[]): unknown {
    look(args[0])
    return Reflect.apply(end, this, args)
  } as typeof socket.end
  socket.write = lookingWrite
  socket.end = lookingEnd
}

function toStart(chunk: unknown): string {
  return chunk instanceof Uint8Array ? Buffer.from(chunk.subarray(0, 16)).toString('latin1') : ''
}
