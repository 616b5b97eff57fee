import { metrics } from './metrics.ts'
import type { Machine, Node } from './proxmox.ts'

/**
 * Adds what machines have received and sent since the last look to the counters of their nodes.
 *
 * Machine by machine: the sum of a node would fall with each that is stopped, as if all of them had begun anew.
 *
 * @param before - the machines as they were; at the first look as they are, for what was before it is nobody's
 */
export function countTraffic(before: ReadonlyMap<string, Machine>, nodes: readonly Node[]): void {
  for (const { name: node, machines } of nodes) {
    let [received, sent] = [0, 0]
    for (const { id, bytesReceived, bytesSent } of machines) {
      const old = before.get(id)
      received += gained(bytesReceived, old?.bytesReceived)
      sent += gained(bytesSent, old?.bytesSent)
    }
    // Also nothing: a counter that is there is seen to grow.
    metrics.networkReceived.add(received, { node })
    metrics.networkSent.add(sent, { node })
  }
}

// A smaller number is a machine that was restarted: it counts from 0 again.
function gained(now: number, last = 0): number {
  return now >= last ? now - last : now
}
