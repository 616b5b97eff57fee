/** A machine of a tenant. */
export interface Machine {
  readonly id: string
  readonly name: string
  readonly node: string
  readonly tenant: string
  readonly status: 'running' | 'stopped' | 'paused'
  /** 0 to 1. */
  readonly cpu: number
}

/** A node with what it carries. */
export interface Node {
  readonly name: string
  readonly cpu: number
  readonly memory: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly pools: readonly { readonly name: string; readonly used: number }[]
  readonly machines: readonly Machine[]
}

/** The cluster, as far as the platform uses it. */
export interface Proxmox {
  version(signal?: AbortSignal): Promise<string>
  /** Those that are online. */
  nodes(signal?: AbortSignal): Promise<Node[]>
  /** Starts or stops a machine. @returns the id of the task */
  change(machine: Machine, action: 'start' | 'stop'): Promise<string>
}

/** Makes a client of the Proxmox VE API. @param token - `user@realm!name=secret` */
export function createProxmox(url: string, token: string): Proxmox {
  const send = async <Data>(method: string, path: string, signal?: AbortSignal): Promise<Data> => {
    const response = await fetch(`${url}/api2/json${path}`, {
      method,
      headers: { authorization: `PVEAPIToken=${token}` },
      signal: signal ?? AbortSignal.timeout(5_000),
    })
    if (!response.ok) throw new Error(`Proxmox answered ${response.status} ${response.statusText}`)
    return ((await response.json()) as { readonly data: Data }).data
  }
  return {
    version: async (signal) => (await send<{ version: string }>('GET', '/version', signal)).version,
    async nodes(signal) {
      const found = await send<readonly ApiNode[]>('GET', '/nodes', signal)
      // The cluster answers nothing for a node that is off; the others are shown all the same.
      const online = found.filter(({ status }) => status === 'online')
      return Promise.all(online.map(async ({ node }) => readNode(node, signal)))
    },
    change: async ({ node, id }, action) =>
      send('POST', `/nodes/${node}/qemu/${id}/status/${action}`),
  }

  async function readNode(name: string, signal?: AbortSignal): Promise<Node> {
    const [status, machines, storages] = await Promise.all([
      send<ApiStatus>('GET', `/nodes/${name}/status`, signal),
      send<readonly ApiMachine[]>('GET', `/nodes/${name}/qemu`, signal),
      send<readonly ApiStorage[]>('GET', `/nodes/${name}/storage`, signal),
    ])
    return {
      name,
      cpu: status.cpu,
      memory: status.memory.used / status.memory.total,
      bytesReceived: status.netin,
      bytesSent: status.netout,
      pools: storages.map(({ storage, used, total }) => ({ name: storage, used: used / total })),
      machines: machines.map((machine) => toMachine(machine, name)),
    }
  }
}

interface ApiNode {
  readonly node: string
  readonly status: string
}

interface ApiStatus {
  readonly cpu: number
  readonly memory: { readonly used: number; readonly total: number }
  readonly netin: number
  readonly netout: number
}

interface ApiStorage {
  readonly storage: string
  readonly used: number
  readonly total: number
}

interface ApiMachine {
  readonly vmid: number
  readonly name: string
  readonly status: Machine['status']
  readonly cpu: number
  readonly tags?: string
}

function toMachine({ vmid, name, status, cpu, tags = '' }: ApiMachine, node: string): Machine {
  const tenant = tags.split(';').find((tag) => tag.startsWith('tenant-')) ?? 'none'
  return { id: String(vmid), name, node, tenant, status, cpu }
}
