/** A virtual machine. */
interface Machine {
  readonly vmid: number
  readonly name: string
  /** Divided by semicolons; the platform keeps the tenant in one of them. */
  readonly tags: string
  /** Share of its processors in use while it runs, 0 to 1. */
  readonly cpu: number
  /** When it was started, in milliseconds since 1970; nothing while it is stopped. */
  startedAt: number | undefined
}

/** The same, as the Proxmox VE API shows it in `/nodes/{node}/qemu`. */
export interface MachineStatus {
  readonly vmid: number
  readonly name: string
  readonly tags: string
  readonly status: 'running' | 'stopped'
  readonly cpu: number
  readonly cpus: number
  readonly mem: number
  readonly maxmem: number
  readonly uptime: number
  /** Bytes since it was started. */
  readonly netin: number
  readonly netout: number
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
/** What each machine that runs receives and sends. */
export const BYTES_IN_PER_SECOND = 100_000
export const BYTES_OUT_PER_SECOND = 40_000

/** A small cluster in memory: two nodes, machines of three tenants. */
export interface Cluster {
  readonly nodes: ReadonlyMap<string, Pick<Node, 'storages'>>
  machinesOf(node: string): readonly MachineStatus[]
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
          { ...createMachine(202, 'erp-batch', 'tenant-2', 0), startedAt: undefined },
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
    machinesOf: (node) => (nodes.get(node)?.machines ?? []).map(toStatus),
    change(node, vmid, action) {
      const machine = find(node, vmid)
      if (!machine) return undefined
      machine.startedAt = action === 'start' ? (machine.startedAt ?? Date.now()) : undefined
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
  // They have run for a day.
  const startedAt = Date.now() - 86_400_000
  return { vmid, name, tags: `production;${tenant}`, cpu, startedAt }
}

/** What the API says of a machine: of one that is stopped, nothing is in use, and its network counts from 0 again. */
function toStatus({ startedAt, cpu, ...machine }: Machine): MachineStatus {
  const seconds = startedAt === undefined ? 0 : (Date.now() - startedAt) / 1_000
  const isRunning = startedAt !== undefined
  return {
    ...machine,
    status: isRunning ? 'running' : 'stopped',
    cpu: isRunning ? cpu : 0,
    cpus: 4,
    mem: isRunning ? 3 * GIB : 0,
    maxmem: 8 * GIB,
    uptime: Math.floor(seconds),
    netin: Math.floor(seconds * BYTES_IN_PER_SECOND),
    netout: Math.floor(seconds * BYTES_OUT_PER_SECOND),
  }
}
