/** A machine of a tenant. */
export interface Machine {
  readonly id: string
  readonly name: string
  readonly node: string
  readonly tenant: string
  readonly status: 'running' | 'stopped' | 'paused'
  /** 0 to 1. */
  readonly cpu: number
  /** Since it was started. */
  readonly bytesReceived: number
  readonly bytesSent: number
}

/** A node with what it carries. */
export interface Node {
  readonly name: string
  readonly cpu: number
  readonly memory: number
  readonly pools: readonly { readonly name: string; readonly used: number }[]
  readonly machines: readonly Machine[]
}

/** The nodes of the cluster; of those that are off no more than their names is known. */
export interface Cluster {
  readonly online: readonly Node[]
  readonly offline: readonly string[]
}

/** The cluster, as far as the platform uses it. */
export interface Proxmox {
  version(signal?: AbortSignal): Promise<string>
  cluster(signal?: AbortSignal): Promise<Cluster>
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
    async cluster(signal) {
      const found = await send<readonly ApiNode[]>('GET', '/nodes', signal)
      // The cluster answers nothing for a node that is off; the others are shown all the same.
      const online = found.filter(({ status }) => status === 'online')
      const offline = found.filter((node) => !online.includes(node))
      return {
        online: await Promise.all(online.map(async ({ node }) => readNode(node, signal))),
        offline: offline.map(({ node }) => node),
      }
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
  readonly netin: number
  readonly netout: number
  readonly tags?: string
}

function toMachine(machine: ApiMachine, node: string): Machine {
  const { vmid, name, status, cpu, netin, netout, tags = '' } = machine
  const tenant = tags.split(';').find((tag) => tag.startsWith('tenant-')) ?? 'none'
  return {
    id: String(vmid),
    name,
    node,
    tenant,
    status,
    cpu,
    bytesReceived: netin,
    bytesSent: netout,
  }
}
