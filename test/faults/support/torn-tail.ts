import { appendFileSync, closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from './random.ts'

const HEADER_BYTES = 12
const LONGEST_COPY = 65_536

/**
 * Does to each spool what a power cut in the middle of a write does: behind what was confirmed stands half a frame.
 *
 * It is a copy of the segment's first frame, cut anywhere and with some bits flipped, or whole with bits flipped:
 * nothing that was confirmed is touched.
 *
 * @returns how many segments were given such a tail
 */
export function tearTail(spool: string, random: Random): number {
  let torn = 0
  for (const segment of newestSegments(spool)) {
    const frame = readFirstFrame(segment)
    if (!frame) continue
    const tail = Buffer.from(frame.subarray(0, random.between(1, frame.length)))
    for (let flips = random.between(1, 4); flips > 0; flips -= 1) {
      const at = random.between(0, tail.length - 1)
      tail[at] = tail[at]! ^ (1 << random.between(0, 7))
    }
    // Never a frame that is right: that one would be delivered, as it should be.
    if (tail.equals(frame)) continue
    appendFileSync(segment, tail)
    torn += 1
  }
  return torn
}

/** The last segment of every lane, adopted ones included. */
function newestSegments(spool: string): string[] {
  const folders = new Map<string, string>()
  const names = readdirSync(spool, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter((each) => each.endsWith('.segment')).toSorted()) {
    const path = join(spool, name)
    folders.set(join(path, '..'), path)
  }
  return [...folders.values()]
}

/** Magic, length, CRC, then what the length says. */
function readFirstFrame(segment: string): Buffer | undefined {
  if (statSync(segment).size < HEADER_BYTES) return undefined
  const descriptor = openSync(segment, 'r')
  try {
    const bytes = Buffer.alloc(LONGEST_COPY)
    const length = readSync(descriptor, bytes, 0, bytes.length, 0)
    if (bytes.toString('latin1', 0, 4) !== 'TLA1') return undefined
    const end = HEADER_BYTES + bytes.readUInt32LE(4)
    return end <= length ? bytes.subarray(0, end) : undefined
  } finally {
    closeSync(descriptor)
  }
}
