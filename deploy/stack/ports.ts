import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { type MachineLock, tryLock } from './machine-lock.ts'

/** Every port a stack can need, with the number it has when fixed ports are asked for. */
export const fixedPorts = {
  collectorOtlpHttp: 4318,
  collectorOtlpGrpc: 4317,
  collectorAudit: 4319,
  collectorMetrics: 8888,
  collectorHealth: 13133,
  jaegerQuery: 16686,
  jaegerQueryGrpc: 16685,
  jaegerOtlpHttp: 14318,
  jaegerMetrics: 18888,
  jaegerHealth: 14133,
  lokiHttp: 3100,
  lokiGrpc: 9096,
  prometheus: 19090,
  alertmanager: 9093,
  postgres: 15432,
  redis: 16379,
} as const

/** The name of a port, for example `collectorAudit`. */
export type PortName = keyof typeof fixedPorts

/** The ports of one stack; they stay claimed, also while a component is stopped, until released. */
export interface ClaimedPorts {
  readonly numbers: Readonly<Record<PortName, number>>
  release(): Promise<void>
}

// Below Linux's ephemeral range (32768 and up): no outgoing connection can take a port of ours in the
// moment between two runs of a component.
const FREE_RANGE = { from: 20_000, to: 32_000 }

/**
 * Claims one loopback port for each name.
 *
 * @throws {Error} when a fixed port is taken; the message names the port and what it is for
 */
export async function claimPorts(
  names: readonly PortName[],
  fixed: boolean,
): Promise<ClaimedPorts> {
  const locks: MachineLock[] = []
  const release = async (): Promise<void> => {
    await Promise.all(locks.map((lock) => lock.release()))
  }
  const numbers: Record<PortName, number> = { ...fixedPorts }
  const taken: string[] = []
  for (const name of names) {
    const claim = fixed ? await claimPort(fixedPorts[name]) : await claimAny()
    if (!claim) {
      taken.push(`${fixedPorts[name]} (${name})`)
      continue
    }
    numbers[name] = claim.port
    locks.push(claim.lock)
  }
  if (taken.length > 0) {
    await release()
    throw new Error(
      `fixed ports must be free on 127.0.0.1; taken: ${taken.join(', ')}. ` +
        'Stop what listens there, or leave out --fixed-ports to get free ones',
    )
  }
  return { numbers, release }
}

interface Claim {
  readonly port: number
  readonly lock: MachineLock
}

async function claimAny(): Promise<Claim> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const claim = await claimPort(randomInt(FREE_RANGE.from, FREE_RANGE.to))
    if (claim) return claim
  }
  throw new Error(`no free port found on 127.0.0.1 between ${FREE_RANGE.from} and ${FREE_RANGE.to}`)
}

// Two launchers that look at the same moment would both find a port free: the lock decides.
async function claimPort(port: number): Promise<Claim | undefined> {
  const lock = await tryLock(`port-${port}`)
  if (!lock) return undefined
  if (await isFree(port)) return { port, lock }
  await lock.release()
  return undefined
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    )
  })
}
