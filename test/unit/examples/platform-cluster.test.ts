import { startTestTelemetry } from 'telltale/testing'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Machine, Node, Proxmox } from '../../../examples/platform/src/proxmox.ts'
import { createClusterWatch } from '../../../examples/platform/src/watch-proxmox.ts'

const telemetry = startTestTelemetry()
beforeEach(() => telemetry.reset())
afterAll(() => telemetry.stop())

const MACHINE: Machine = {
  id: '101',
  name: 'web',
  node: 'pve1',
  tenant: 'tenant-1',
  status: 'running',
  cpu: 0.5,
  bytesReceived: 0,
  bytesSent: 0,
}

/** A machine that has received so many bytes since it was started. */
const machine = (id: string, bytesReceived: number, others: Partial<Machine> = {}): Machine => ({
  ...MACHINE,
  id,
  bytesReceived,
  ...others,
})

const node = (name: string, ...machines: readonly Machine[]): Node => ({
  name,
  cpu: 0,
  memory: 0,
  pools: [],
  machines: machines.map((each) => ({ ...each, node: name })),
})

/** Shows a new watch a cluster again and again: the nodes that answer, or the names of those that are off. */
async function watch(...looks: readonly (readonly (Node | string)[])[]): Promise<void> {
  const left = [...looks]
  const cluster = async (): ReturnType<Proxmox['cluster']> => {
    const nodes = left.shift() ?? []
    return {
      online: nodes.filter((each) => typeof each !== 'string'),
      offline: nodes.filter((each) => typeof each === 'string'),
    }
  }
  const { look } = createClusterWatch({ cluster } as Proxmox)
  for (const _look of looks) await look()
}

/** The series of a metric with what they are worth. @param label - the one to tell them by */
async function seriesOf(name: string, label: string): Promise<Record<string, number>> {
  const samples = (await telemetry.metrics()).filter((each) => each.name === name)
  return Object.fromEntries(
    samples.flatMap(({ labels, value }) => (value === 0 ? [] : [[labels[label], value]])),
  )
}

const received = 'sankofa_proxmox_network_receive_bytes_total'
const events = 'sankofa_proxmox_vm_lifecycle_events_total'

test('what machines received before somebody looked is not counted', async () => {
  await watch([node('a1', machine('1', 7_000))], [node('a1', machine('1', 7_300))])

  expect(await seriesOf(received, 'node')).toEqual({ a1: 300 })
})

test('a machine that is stopped has others counted once all the same', async () => {
  await watch(
    [node('b1', machine('1', 7_000), machine('2', 500))],
    [node('b1', machine('1', 7_100), machine('2', 0, { status: 'stopped' }))],
    [node('b1', machine('1', 7_200), machine('2', 20))],
    // Moved, it counts from 0 again; so does one that was made.
    [node('b1', machine('1', 7_200)), node('b2', machine('2', 3), machine('3', 1_000))],
  )

  expect(await seriesOf(received, 'node')).toEqual({ b1: 220, b2: 1_003 })
})

test('a node that is off has no machine destroyed, and none created when it is back', async () => {
  const there = node('c1', machine('11', 100), machine('12', 100))
  const others = node('c2', machine('13', 100))
  await watch([there, others], ['c1', others])
  const whileOff = await seriesOf('sankofa_proxmox_vm_info', 'vm_id')
  const back = node('c1', machine('11', 5), machine('12', 0, { status: 'stopped' }))
  await watch([there, others], ['c1', others], [back, others])
  const whenBack = await seriesOf('sankofa_proxmox_vm_info', 'vm_id')

  expect(whileOff).toMatchObject({ 13: 1 })
  expect(Object.keys(whileOff)).not.toContain('11')
  expect(whenBack).toMatchObject({ 11: 1, 12: 1, 13: 1 })
  expect(await seriesOf(events, 'event')).toEqual({ stopped: 1 })
})

test('a node that was taken out of the cluster takes its machines along', async () => {
  const left = node('d2', machine('22', 1))
  await watch([node('d1', machine('21', 1)), left], ['d1', left], [left])

  expect(await seriesOf(events, 'event')).toEqual({ destroyed: 1 })
})
