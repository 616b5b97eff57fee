import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { metrics } from '../src/metrics.ts'

// Sends 100 000 tenants through the platform's own catalogue, ten times what it declares, and tells what that costs. It keeps
// running, so that it can be scraped.
const BOUND = 10_000
const TENANTS = 100_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const empty = await measure()
await send(0, BOUND)
const atBound = await measure()
const start = performance.now()
await send(BOUND, TENANTS)
const microseconds = ((performance.now() - start) * 1_000) / (TENANTS - BOUND)
const atEnd = await measure()
const figures = {
  heapMegabytesAtBound: toMegabytes(atBound - empty),
  heapMegabytesBeyond: toMegabytes(atEnd - atBound),
  microsecondsForEachTenantBeyond: Math.round(microseconds),
}
console.log(`many tenants: ${JSON.stringify(figures)}`)
setInterval(() => {}, 60_000)

async function send(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1) {
    use(`tenant-${index}`)
    // A service does something else in between, too.
    if (index % 1_000 === 0) await nextTurn()
  }
}

/** Everything that is measured of one tenant. */
function use(tenant_id: string): void {
  const vm_id = `vm-of-${tenant_id}`
  metrics.requests.add(1, { tenant_id, method: 'GET', status: 200 })
  metrics.duration.record(0.01, { tenant_id, method: 'GET' })
  metrics.auditRecords.add(1, { tenant_id })
  metrics.vmLifecycle.add(1, { tenant_id, event: 'started' })
  metrics.policyViolations.add(1, { tenant_id, severity: 'low' })
  metrics.activeUsers.set(1, { tenant_id })
  metrics.cost.set(1, { tenant_id, service: 'compute', resource_id: vm_id })
  metrics.costRate.set(1, { tenant_id })
  metrics.costForecast.set(1, { tenant_id })
  metrics.budget.set(1, { tenant_id })
  metrics.budgetUtilization.set(1, { tenant_id })
  metrics.vmCpu.set(1, { tenant_id, vm_id })
  metrics.vmInfo.set(1, { tenant_id, vm_id, name: vm_id, node: 'pve1', status: 'running' })
}

/** Bytes of the heap that are in use. */
async function measure(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    collectGarbage()
    await nextTurn()
  }
  return process.memoryUsage().heapUsed
}

function toMegabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10
}
