import { connect } from 'node:net'

/** Says whether an HTTP GET is answered with a 2xx right now. */
export async function answersOk(url: string): Promise<boolean> {
  return (await get(url))?.ok ?? false
}

/** Says whether an HTTP GET is answered right now, with whatever status. */
export async function answers(url: string): Promise<boolean> {
  return (await get(url)) !== undefined
}

/** Says whether something accepts TCP connections on this loopback port right now. */
export async function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 })
    const answer = (accepted: boolean) => () => {
      socket.destroy()
      resolve(accepted)
    }
    socket.on('connect', answer(true)).on('error', answer(false)).on('timeout', answer(false))
  })
}

async function get(url: string): Promise<Response | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response
  } catch {
    return undefined
  }
}
