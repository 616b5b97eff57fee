/** Nesting that is still kept; what lies deeper is cut off. */
const MAX_DEPTH = 64

/**
 * A value that any exporter can serialize: the same one if it is harmless, else a copy in which cycles, getters that
 * throw and what lies too deep are replaced by a word. One bad record would otherwise cost its whole batch.
 */
export function toSafeValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return isHarmless(value, []) ? value : copy(value, [])
}

/** Walks with one list of parents: this runs for every record that carries an object. */
function isHarmless(value: unknown, parents: object[]): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true
  if (parents.length >= MAX_DEPTH || parents.includes(value)) return false
  parents.push(value)
  try {
    return Object.values(value).every((member) => isHarmless(member, parents))
  } catch {
    return false
  } finally {
    parents.pop()
  }
}

function copy(value: unknown, parents: readonly object[]): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (parents.includes(value)) return '[circular]'
  if (parents.length >= MAX_DEPTH) return '[too deep]'
  const within = [...parents, value]
  if (Array.isArray(value)) return value.map((member) => copy(member, within))
  const members: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    try {
      members[key] = copy((value as Record<string, unknown>)[key], within)
    } catch {
      members[key] = '[threw]'
    }
  }
  return members
}
