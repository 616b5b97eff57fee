import { toReason } from '../../core/errors.ts'
import type { Examination } from './examination.ts'
import { fine, found, type Finding } from './findings.ts'
import { ownerOfPort } from './port-owner.ts'

const ASK_MILLIS = 2_000

/** Whether the admin server could listen. */
export async function checkPort(examination: Examination): Promise<Finding[]> {
  const { port, host } = examination.settings.admin
  if (port === 0) return [fine('port', 'a free port is picked at the start')]
  const error = await tryToListen(port, host)
  if (!error) return [fine('port', `port ${port} is free for /metrics, /health and /ready`)]
  if (error.code !== 'EADDRINUSE') {
    return [found('port-unusable', `port ${port} on ${host}: ${toReason(error)}`)]
  }
  const owner = ownerOfPort(port)
  if (await isThisService(port, host, examination)) {
    return [fine('port', `port ${port} is used by this service${owner ? `, ${owner}` : ''}`)]
  }
  return [found('port-taken', `port ${port} is in use${owner ? ` by ${owner}` : ''}`)]
}

async function tryToListen(port: number, host: string): Promise<NodeJS.ErrnoException | undefined> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ port, host: host.replace(/^\[|\]$/g, ''), exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    )
  })
}

/** The doctor may be called while the service runs: then the port is where it should be. */
async function isThisService(
  port: number,
  host: string,
  { settings, application }: Examination,
): Promise<boolean> {
  const name = settings.general.serviceName ?? application.manifest.name
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  try {
    const answer = await fetch(`http://${address}:${port}/metrics`, {
      signal: AbortSignal.timeout(ASK_MILLIS),
    })
    const target = /^target_info\{(.*)\}/m.exec(await answer.text())?.[1] ?? ''
    return target.includes(`service_name="${name}"`) && target.includes('telltale')
  } catch {
    return false
  }
}
