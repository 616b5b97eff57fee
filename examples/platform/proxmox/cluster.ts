/** A virtual machine, as the Proxmox VE API shows it in `/nodes/{node}/qemu`. */
export interface Machine {
  readonly vmid: number
  readonly name: string
  status: 'running' | 'stopped'
  /** Share of its processors in use, 0 to 1. */
  readonly cpu: number
  readonly cpus: number
  readonly mem: number
  readonly maxmem: number
  readonly uptime: number
  readonly netin: number
  readonly netout: number
  /** Divided by semicolons; the platform keeps the tenant in one of them. */
  readonly tags: string
}

interface Storage {
  readonly storage: string
  readonly total: number
  readonly used: number
}

interface Node {
  readonly machines: Machine[]
  readonly storages: readonly Storage[]
}

const GIB = 2 ** 30

/** A small cluster in memory: two nodes, machines of three tenants. */
export interface Cluster {
  readonly nodes: ReadonlyMap<string, Node>
  /** Starts or stops a machine. @returns the id of the task (UPID); nothing when there is no such machine */
  change(node: string, vmid: number, action: 'start' | 'stop'): string | undefined
  /** Takes a machine away, as somebody would in Proxmox' own interface. */
  destroy(node: string, vmid: number): boolean
}

/** Makes the cluster. */
export function createCluster(): Cluster {
  const nodes = new Map<string, Node>([
    [
      'pve1',
      {
        machines: [
          createMachine(101, 'shop-web', 'tenant-1', 0.42),
          createMachine(102, 'shop-db', 'tenant-1', 0.17),
          createMachine(201, 'erp', 'tenant-2', 0.66),
        ],
        storages: [
          { storage: 'local', total: 100 * GIB, used: 31 * GIB },
          { storage: 'ceph', total: 2_000 * GIB, used: 870 * GIB },
        ],
      },
    ],
    [
      'pve2',
      {
        machines: [
          { ...createMachine(202, 'erp-batch', 'tenant-2', 0), status: 'stopped' },
          createMachine(301, 'lab', 'tenant-3', 0.05),
        ],
        storages: [{ storage: 'local', total: 100 * GIB, used: 64 * GIB }],
      },
    ],
  ])
  const find = (node: string, vmid: number): Machine | undefined =>
    nodes.get(node)?.machines.find((machine) => machine.vmid === vmid)
  return {
    nodes,
    change(node, vmid, action) {
      const machine = find(node, vmid)
      if (!machine) return undefined
      machine.status = action === 'start' ? 'running' : 'stopped'
      const seconds = Math.floor(Date.now() / 1_000)
        .toString(16)
        .toUpperCase()
      return `UPID:${node}:0000C0DE:00C0FFEE:${seconds}:qm${action}:${vmid}:platform@pve!api:`
    },
    destroy(node, vmid) {
      const machines = nodes.get(node)?.machines ?? []
      const place = machines.findIndex((machine) => machine.vmid === vmid)
      return place >= 0 && machines.splice(place, 1).length === 1
    },
  }
}

function createMachine(vmid: number, name: string, tenant: string, cpu: number): Machine {
  return {
    vmid,
    name,
    status: 'running',
    cpu,
    cpus: 4,
    mem: 3 * GIB,
    maxmem: 8 * GIB,
    uptime: 86_400,
    netin: vmid * 1_000_000,
    netout: vmid * 400_000,
    tags: `production;${tenant}`,
  }
}
