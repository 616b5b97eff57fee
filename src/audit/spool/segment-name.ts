import { readdir } from 'node:fs/promises'

const NAME = /^(\d{8,})\.segment$/

/** The file name of a lane's segment; numbers begin at 1. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.segment`
}

/** Numbers of the segments in a lane, in order. */
export async function listSegments(lane: string): Promise<number[]> {
  const names = await readdir(lane)
  return names
    .flatMap((name) => {
      const number = NAME.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
    .toSorted((a, b) => a - b)
}
