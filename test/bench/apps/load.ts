import { connect, type Socket } from 'node:net'

/** One order to the load process. */
export interface LoadOrder {
  readonly port: number
  readonly path: string
  readonly requests: number
  readonly connections: number
}

// Sends a fixed number of requests over a fixed number of keep-alive connections, one at a time on each, and reports
// how many were answered 200.
process.on('message', (order: LoadOrder) => {
  void run(order).then((answered) => process.send?.({ answered }))
})
process.send?.({ ready: true })

async function run({ port, path, requests, connections }: LoadOrder): Promise<number> {
  let left = requests
  const takeOne = (): boolean => left-- > 0
  const counts = await Promise.all(
    Array.from({ length: connections }, () => runConnection(port, path, takeOne)),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Less work for this process than node:http, so that the measured one has the machine. */
function runConnection(port: number, path: string, takeOne: () => boolean): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
  return new Promise((resolve, reject) => {
    let answered = 0
    let text = ''
    const next = (socket: Socket): void => {
      if (takeOne()) socket.write(request)
      else socket.end(() => resolve(answered))
    }
    const socket = connect(port, '127.0.0.1', () => next(socket))
    socket.setNoDelay(true).setEncoding('latin1').on('error', reject)
    socket.on('data', (chunk: string) => {
      text += chunk
      const bodyAt = text.indexOf('\r\n\r\n') + 4
      if (bodyAt < 4) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < bodyAt + length) return
      if (text.startsWith('HTTP/1.1 200')) answered += 1
      text = ''
      next(socket)
    })
  })
}

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
