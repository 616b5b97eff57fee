import { lstat, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { readTrailEnd } from '../trail-end.ts'
import { START } from './cursor.ts'
import { ADOPTED_NAME, listLanes } from './lane.ts'
import { isOwned } from './lane-lock.ts'
import { LaneReader } from './lane-reader.ts'

/** Sockets that are open at a time; however many lanes there are, the application needs descriptors too. */
const MAX_SOCKETS = 32

/** Lanes in the spool whose owners are dead. */
export async function findDeadLanes(spool: string): Promise<string[]> {
  const lanes = await listLanes(spool)
  const dead: string[] = []
  for (let start = 0; start < lanes.length; start += MAX_SOCKETS) {
    const some = lanes.slice(start, start + MAX_SOCKETS)
    // oxlint-disable-next-line no-await-in-loop -- a few at a time is the purpose
    const owned = await Promise.all(some.map((lane) => isOwned(join(spool, lane))))
    dead.push(...some.filter((_lane, index) => !owned[index]))
  }
  return dead
}

/**
 * Takes a dead owner's lane over, by one rename that only one adopter can win.
 *
 * @returns whether it was won
 */
export async function adopt(spool: string, dead: string, adopter: string): Promise<boolean> {
  const folder = join(adopter, ADOPTED_NAME)
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  try {
    await rename(join(spool, dead), join(folder, dead))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  await flatten(join(folder, dead))
  return true
}

/**
 * Puts what lies deeper in a lane next to what it has adopted itself: a service that crashes at each start, while nothing can be
 * delivered, would otherwise bury lane in lane until their paths are too long to be opened.
 */
async function flatten(lane: string): Promise<void> {
  const names = await listAdoptedNames(lane)
  for (const name of names) {
    const inner = join(lane, ADOPTED_NAME, name)
    for (const each of await listAdoptedNames(inner)) {
      await rename(join(inner, ADOPTED_NAME, each), join(lane, ADOPTED_NAME, each))
      names.push(each)
    }
  }
}

/** An adopted lane. */
export interface AdoptedLane {
  readonly path: string
  readonly streamId: string
}

/** All lanes that a lane has adopted; those inside an adopted one come before it. */
export async function listAdopted(lane: string): Promise<AdoptedLane[]> {
  const all: AdoptedLane[] = []
  for (const streamId of await listAdoptedNames(lane)) {
    const path = join(lane, ADOPTED_NAME, streamId)
    all.push(...(await listAdopted(path)), { path, streamId })
  }
  return all
}

async function listAdoptedNames(lane: string): Promise<string[]> {
  return (await hasAdopted(lane)) ? listLanes(join(lane, ADOPTED_NAME)) : []
}

/** Whether a lane has ever adopted another one. Not through a symbolic link, which may lead to lanes that live. */
async function hasAdopted(lane: string): Promise<boolean> {
  try {
    return (await lstat(join(lane, ADOPTED_NAME))).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/**
 * Streams of which a lane says that they were found without an end.
 *
 * A lane is removed right after its end has been reported. An adopter that dies in between leaves both: the report in
 * its own lane, and the lane that it had adopted. Whoever adopts the two reads the one before it repeats the other: so the end
 * of a stream is reported once.
 */
export async function readReportedStreams(lane: string): Promise<Set<string>> {
  const reported = new Set<string>()
  // Who never adopted anything has reported nothing, and need not be read.
  if (!(await hasAdopted(lane))) return reported
  const reader = new LaneReader(lane, START, () => undefined)
  try {
    const limits = { maxRecords: 512, maxBytes: 4 * 2 ** 20, sizeOf: () => 0 }
    for (let batch; (batch = await reader.next(limits));) {
      for (const frame of batch.frames) {
        const end = readTrailEnd(frame)
        if (end && !end.clean) reported.add(end.stream)
      }
    }
  } finally {
    await reader.close()
  }
  return reported
}
