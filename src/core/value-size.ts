import { isBytes } from './value-kinds.ts'

/** What a value is counted as beside its characters: the words around it on the wire. */
const AROUND = 32

/** Nesting beyond which nothing is measured. */
const MAX_DEPTH = 64

/** About how many characters plain data without cycles becomes when it is sent. */
export function sizeOfValue(value: unknown): number {
  return sizeWithin(value, Infinity) ?? AROUND
}

/** The same of what is in an object. */
export function sizeOfMembers(members: object | undefined): number {
  return members === undefined ? 0 : sizeOfValue(members)
}

/** The size of a value, or nothing when it is larger than `room` or too deep; it reads no more than it must. */
export function sizeWithin(value: unknown, room: number): number | undefined {
  let size = 0
  return measure(value, 0) ? size : undefined

  function measure(part: unknown, depth: number): boolean {
    size += AROUND
    if (typeof part === 'string') size += part.length
    // In JSON as base64.
    else if (isBytes(part)) size += Math.ceil(part.length / 3) * 4
    else if (typeof part === 'object' && part !== null) {
      if (depth >= MAX_DEPTH) return false
      if (Array.isArray(part)) {
        for (const item of part) if (size > room || !measure(item, depth + 1)) return false
      } else {
        for (const key in part) {
          size += key.length
          const member = (part as Readonly<Record<string, unknown>>)[key]
          if (size > room || !measure(member, depth + 1)) return false
        }
      }
    }
    return size <= room
  }
}
