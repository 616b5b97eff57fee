import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { readTrailEnd } from '../trail-end.ts'
import { START } from './cursor.ts'
import { ADOPTED_NAME, listLanes } from './lane.ts'
import { isOwned } from './lane-lock.ts'
import { LaneReader } from './lane-reader.ts'

/** Lanes in the spool whose owners are dead. */
export async function findDeadLanes(spool: string): Promise<string[]> {
  const lanes = await listLanes(spool)
  const owned = await Promise.all(lanes.map((lane) => isOwned(join(spool, lane))))
  return lanes.filter((_lane, index) => !owned[index])
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
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** An adopted lane. */
export interface AdoptedLane {
  readonly path: string
  readonly streamId: string
  /** The adopted lane inside which it lies, when its adopter has died as well. */
  readonly parent: AdoptedLane | undefined
}

/** All lanes that a lane has adopted; those inside an adopted one come before it. */
export async function listAdopted(lane: string, parent?: AdoptedLane): Promise<AdoptedLane[]> {
  const folder = join(lane, ADOPTED_NAME)
  const all: AdoptedLane[] = []
  for (const streamId of await listLanes(folder)) {
    const adopted: AdoptedLane = { path: join(folder, streamId), streamId, parent }
    all.push(...(await listAdopted(adopted.path, adopted)), adopted)
  }
  return all
}

/**
 * Streams of which a lane says that they were found without an end.
 *
 * A lane is removed right after its end has been reported. An adopter that dies in between leaves both: the report in
 * its own lane, which is the newest thing there, and the lane inside it. Whoever adopts the two reads the one before it
 * repeats the other: so the end of a stream is reported once.
 */
export async function readReportedStreams(lane: string): Promise<Set<string>> {
  const reported = new Set<string>()
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
