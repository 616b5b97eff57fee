import { statfs } from 'node:fs/promises'
import { availableParallelism, freemem, hostname, loadavg, totalmem } from 'node:os'
import { metrics } from './metrics.ts'

/** Sets the gauges of the machine that this runs on. */
export async function watchHost(): Promise<void> {
  const host = hostname()
  metrics.hostCpu.set(((loadavg()[0] ?? 0) / availableParallelism()) * 100, { host })
  metrics.hostMemory.set((1 - freemem() / totalmem()) * 100, { host })
  const { blocks, bfree } = await statfs('/')
  metrics.hostDisk.set((1 - bfree / blocks) * 100, { host })
}
