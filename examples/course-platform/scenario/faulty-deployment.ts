import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What can be wrong with a deployment, in the words of the synthetic check. */
export const FAULTS = [
  'healthz',
  'metrics are off',
  'schema of the courses',
  'shape of a 404',
] as const

type Fault = (typeof FAULTS)[number]

interface Answer {
  readonly status: number
  readonly body: unknown
}

const NOT_FOUND: Answer = {
  status: 404,
  body: { error: { code: 'not_found', message: 'nothing' } },
}

/** What a sound deployment answers, by path; all else is not found. */
const SOUND: Readonly<Record<string, Answer>> = {
  '/healthz': { status: 200, body: { status: 'ok' } },
  '/api/v1/courses': { status: 200, body: [{ id: 1, title: 'Soldering', lessons: 12 }] },
}

/** What one with a fault answers in the place of that. */
const FAULTY: Readonly<Record<Fault, Readonly<Record<string, Answer>>>> = {
  healthz: { '/healthz': { status: 503, body: { status: 'unavailable' } } },
  'metrics are off': { '/metrics/': { status: 200, body: '# TYPE http_requests_total counter' } },
  'schema of the courses': { '/api/v1/courses': { status: 200, body: [{ id: '1' }] } },
  'shape of a 404': { '/nothing/here': { status: 404, body: { error: 'nothing' } } },
}

/** Starts something that answers as course-platform would, with metrics switched off, but for one fault. */
export async function startDeployment(
  fault: Fault,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const { status, body } = FAULTY[fault][path] ?? SOUND[path] ?? NOT_FOUND
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
