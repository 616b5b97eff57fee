import { createServer, type ServerResponse } from 'node:http'
import { createCluster } from './cluster.ts'

// A stand-in for a Proxmox VE cluster: the paths and shapes of its API that the platform uses, machines in memory.
// https://pve.proxmox.com/pve-docs/api-viewer/
const port = Number(process.env['PORT'] || 8006)
const token = process.env['PROXMOX_TOKEN'] ?? ''
const cluster = createCluster()
const GIB = 2 ** 30

const server = createServer((request, response) => {
  // What comes along with a call is for its scenario to see: a trace, and never a tenant.
  const { traceparent = '-', baggage = '-' } = request.headers
  console.log(`traceparent=${String(traceparent)} baggage=${String(baggage)}`)
  if (request.headers.authorization !== `PVEAPIToken=${token}`) {
    response.writeHead(401, 'authentication failure').end()
    return
  }
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const data = answer(request.method ?? 'GET', path.replace(/^\/api2\/json/, ''))
  if (data === undefined) response.writeHead(404, 'no such resource').end()
  else send(response, data)
})
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  const boundPort = typeof address === 'object' ? address?.port : undefined
  console.log(`proxmox listening at http://127.0.0.1:${boundPort}`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
  })
}

function answer(method: string, path: string): unknown {
  const [, area, node = '', kind, vmid = '', verb, action] = path.split('/')
  if (method === 'GET' && path === '/version') return { version: '9.1.2', release: '9.1' }
  if (area !== 'nodes') return undefined
  if (method === 'GET' && node === '') return [...cluster.nodes.keys()].map(toNodeSummary)
  const found = cluster.nodes.get(node)
  if (!found) return undefined
  if (method === 'GET' && kind === 'qemu' && vmid === '') return cluster.machinesOf(node)
  if (method === 'GET' && kind === 'storage') return found.storages
  if (method === 'GET' && kind === 'status') return toNodeStatus(node)
  if (method === 'DELETE' && kind === 'qemu') {
    return cluster.destroy(node, Number(vmid)) ? `UPID:${node}:qmdestroy:${vmid}` : undefined
  }
  if (method === 'POST' && verb === 'status' && (action === 'start' || action === 'stop')) {
    return cluster.change(node, Number(vmid), action)
  }
  return undefined
}

function toNodeSummary(node: string): object {
  return { node, status: 'online', type: 'node', id: `node/${node}` }
}

function toNodeStatus(node: string): object {
  const machines = cluster.machinesOf(node)
  const sum = (of: 'cpu' | 'mem'): number =>
    machines.reduce((total, machine) => total + machine[of], 0)
  return {
    cpu: Math.min(1, sum('cpu') / 4),
    cpuinfo: { cpus: 32 },
    memory: { total: 128 * GIB, used: sum('mem') },
    rootfs: { total: 100 * GIB, used: 40 * GIB },
    uptime: Math.floor(process.uptime()),
  }
}

function send(response: ServerResponse, data: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json;charset=UTF-8' })
  response.end(JSON.stringify({ data }))
}
