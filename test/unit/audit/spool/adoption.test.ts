import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { adopt, findDeadLanes, listAdopted } from '../../../../src/audit/spool/adoption.ts'
import { makeSpoolFolder } from '../../../support/trail.ts'

let spool: ReturnType<typeof makeSpoolFolder>
beforeEach(() => {
  spool = makeSpoolFolder()
})
afterEach(() => spool[Symbol.dispose]())

const laneName = (number: number): string =>
  `019aa5c0-0000-7000-8000-${number.toString(16).padStart(12, '0')}`

function makeLane(number: number): string {
  const path = join(spool.path, laneName(number))
  mkdirSync(path)
  writeFileSync(join(path, '00000001.segment'), `${number}`)
  return path
}

test('a service that crashes again and again buries nothing: paths have an end', async () => {
  makeLane(0)
  for (let boot = 1; boot <= 200; boot += 1) {
    await adopt(spool.path, laneName(boot - 1), makeLane(boot))
  }

  const adopted = await listAdopted(join(spool.path, laneName(200)))

  expect(adopted.map(({ streamId }) => streamId).toSorted()).toEqual(
    Array.from({ length: 200 }, (_, number) => laneName(number)),
  )
  for (const { path } of adopted) expect(existsSync(join(path, '00000001.segment'))).toBe(true)
})

test('an adopter that died before it had put in order what it took leaves that to the next', async () => {
  makeLane(0)
  makeLane(1)
  for (let depth = 2; depth <= 5; depth += 1) {
    const folder = join(makeLane(depth), 'adopted')
    mkdirSync(folder)
    renameSync(join(spool.path, laneName(depth - 1)), join(folder, laneName(depth - 1)))
  }
  await adopt(spool.path, laneName(5), makeLane(6))

  const adopted = await listAdopted(join(spool.path, laneName(6)))

  expect(adopted).toHaveLength(5)
  expect(Math.max(...adopted.map(({ path }) => path.split('/adopted/').length))).toBe(3)
})

test('a symbolic link is no folder of adopted lanes: it may lead to lanes that live', async () => {
  const lane = makeLane(1)
  symlinkSync(spool.path, join(lane, 'adopted'))

  expect(await listAdopted(lane)).toEqual([])
})

test('any number of lanes is looked at with few sockets at a time', async () => {
  const names = Array.from({ length: 300 }, (_, number) => laneName(number))
  for (const [number] of names.entries()) makeLane(number)
  let open = 0
  let most = 0
  const net = process.getBuiltinModule('node:net')
  const { connect } = net
  net.connect = ((...given: Parameters<typeof connect>) => {
    const socket = connect(...given)
    open += 1
    most = Math.max(most, open)
    socket.once('close', () => (open -= 1))
    return socket
  }) as typeof connect
  try {
    expect(await findDeadLanes(spool.path)).toEqual(names)
  } finally {
    net.connect = connect
  }
  expect(most).toBeLessThanOrEqual(32)
})
