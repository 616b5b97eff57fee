import { createHash } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Held until released, or until the process that holds it ends in whatever way. */
export interface MachineLock extends AsyncDisposable {
  release(): Promise<void>
}

/**
 * Takes a lock that is valid for all processes of this user on this machine, or answers `undefined`
 * when another process holds it.
 *
 * The lock is a socket in Linux's abstract namespace: the kernel drops it together with its owner, so
 * there is no stale lock to detect and no file to clean up.
 */
export async function tryLock(name: string): Promise<MachineLock | undefined> {
  const waiting = new Set<Socket>()
  const server = createServer((socket) => {
    waiting.add(socket)
    socket.on('error', () => {}).on('close', () => waiting.delete(socket))
    socket.unref()
  })
  if (!(await isListening(server, addressOf(name)))) return undefined
  // A forgotten lock must not keep its owner alive.
  server.unref()
  const release = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of waiting) socket.destroy()
    await closed
  }
  return { release, [Symbol.asyncDispose]: release }
}

/** Takes the lock, however long its present holder needs; `onWait` is told once if it has to wait. */
export async function lock(name: string, onWait: () => void = () => {}): Promise<MachineLock> {
  let told = false
  for (;;) {
    const held = await tryLock(name)
    if (held) return held
    if (!told) onWait()
    told = true
    await untilHolderIsGone(addressOf(name))
  }
}

function addressOf(name: string): string {
  // Socket addresses end at 107 bytes.
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32)
  return `\0telltale-${process.getuid?.() ?? 0}-${digest}`
}

async function isListening(server: Server, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(address, () => resolve(true))
  })
}

// The holder never writes; its end closes the connection.
async function untilHolderIsGone(address: string): Promise<void> {
  await new Promise<void>((resolve) => {
    connect(address)
      .on('error', () => {})
      .on('close', () => resolve())
      .resume()
  })
}
