import { getLogger } from 'telltale'
import { metrics } from './metrics.ts'
import { countTraffic } from './network-traffic.ts'
import type { Machine, Node, Proxmox } from './proxmox.ts'

const log = getLogger('proxmox')

/** Knows the machines of the cluster, as of the last look. */
export interface ClusterWatch {
  find(id: string): Machine | undefined
  of(tenant: string): readonly Machine[]
  /** Looks at the cluster, and sets every metric about it; what is gone leaves them. */
  look(signal?: AbortSignal): Promise<void>
}

/** Makes the watch; it knows nothing before its first look. */
export function createClusterWatch(proxmox: Proxmox): ClusterWatch {
  let known: ReadonlyMap<string, Machine> | undefined
  let nodesBefore: readonly Node[] = []
  return {
    find: (id) => known?.get(id),
    of: (tenant) => [...(known?.values() ?? [])].filter((machine) => machine.tenant === tenant),
    async look(signal) {
      const { online, offline } = await proxmox.cluster(signal)
      forgetGone(nodesBefore, online)
      for (const node of online) showNode(node)
      nodesBefore = online
      const there = toMachines(online.flatMap(({ machines }) => machines))
      // Machines of a node that is off are neither shown nor destroyed: they are known until it is back, or taken away.
      const away = [...(known?.values() ?? [])].filter(
        ({ id, node }) => !there.has(id) && offline.includes(node),
      )
      for (const machine of away) forget(machine)
      const now = toMachines([...there.values(), ...away])
      countTraffic(known ?? now, online)
      if (known) tellChanges(known, now)
      for (const machine of there.values()) showMachine(machine)
      known = now
    },
  }
}

function toMachines(machines: readonly Machine[]): ReadonlyMap<string, Machine> {
  return new Map(machines.map((machine) => [machine.id, machine]))
}

/** Nodes that are off and pools that are detached leave the gauges: their last value would be a lie. */
function forgetGone(before: readonly Node[], now: readonly Node[]): void {
  const there = new Map(now.map(({ name, pools }) => [name, pools.map((pool) => pool.name)]))
  for (const { name: node, pools } of before) {
    if (!there.has(node)) {
      metrics.nodeCpu.remove({ node })
      metrics.nodeMemory.remove({ node })
    }
    for (const { name: pool } of pools) {
      if (!there.get(node)?.includes(pool)) metrics.storagePool.remove({ node, pool })
    }
  }
}

function showNode({ name: node, cpu, memory, pools }: Node): void {
  metrics.nodeCpu.set(cpu * 100, { node })
  metrics.nodeMemory.set(memory * 100, { node })
  for (const { name: pool, used } of pools) metrics.storagePool.set(used * 100, { node, pool })
}

function showMachine(machine: Machine): void {
  metrics.vmCpu.set(machine.cpu * 100, { tenant_id: machine.tenant, vm_id: machine.id })
  metrics.vmInfo.set(1, toInfo(machine))
}

function tellChanges(
  before: ReadonlyMap<string, Machine>,
  now: ReadonlyMap<string, Machine>,
): void {
  for (const machine of now.values()) {
    const old = before.get(machine.id)
    if (!old) {
      tell(machine, 'created')
      continue
    }
    // Moved, renamed, given to somebody else: it is there once.
    if (JSON.stringify(toInfo(old)) !== JSON.stringify(toInfo(machine))) forget(old)
    if (old.status !== machine.status) {
      tell(machine, machine.status === 'running' ? 'started' : 'stopped')
    }
  }
  for (const machine of before.values()) {
    if (now.has(machine.id)) continue
    forget(machine)
    tell(machine, 'destroyed')
  }
}

function forget(machine: Machine): void {
  metrics.vmCpu.remove({ tenant_id: machine.tenant, vm_id: machine.id })
  metrics.vmInfo.remove(toInfo(machine))
}

function tell(
  { tenant: tenant_id, id, name }: Machine,
  event: 'created' | 'started' | 'stopped' | 'destroyed',
): void {
  metrics.vmLifecycle.add(1, { tenant_id, event })
  log.info(`machine ${event}`, { tenant_id, vm_id: id, name })
}

function toInfo({ tenant: tenant_id, id: vm_id, name, node, status }: Machine): {
  tenant_id: string
  vm_id: string
  name: string
  node: string
  status: Machine['status']
} {
  return { tenant_id, vm_id, name, node, status }
}
