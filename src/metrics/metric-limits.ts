import type { Attributes, MetricOptions } from '@opentelemetry/api'
import { cutText } from '../core/cut-text.ts'

/** What an instrument may be called and have at the most, whichever API it is made with. */
export const METRIC_LIMITS = {
  /** Characters of one label's name or value. Longer values are nobody's label; they would be copied at each scrape. */
  label: 1_024,
  /** Labels of one series. */
  labels: 64,
  /** Characters of a description. */
  description: 1_024,
  /** Characters of a unit, by the specification. */
  unit: 63,
  /** Characters of a name, by the specification. */
  name: 255,
  /** Upper bounds of a histogram's buckets. Beyond that it is a list of its measurements; each series has all of them. */
  buckets: 500,
} as const

/** Whether attributes can be kept as they are; what has no value is no label. */
export function areWithinLimits(attributes: object): boolean {
  let left: number = METRIC_LIMITS.labels
  for (const key in attributes) {
    if (!Object.hasOwn(attributes, key)) continue
    const value = (attributes as Readonly<Record<string, unknown>>)[key]
    if (value === undefined || value === null) continue
    left -= 1
    if (left < 0 || key.length > METRIC_LIMITS.label) return false
    if (typeof value === 'string') {
      if (value.length > METRIC_LIMITS.label) return false
    } else if (typeof value === 'object' && !isSmall(value)) return false
  }
  return true
}

/** The same attributes, those beyond the limits left out, and what is too long cut. */
export function toWithinLimits(attributes: Attributes): Attributes {
  const within: Attributes = {}
  let left: number = METRIC_LIMITS.labels
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue
    if ((left -= 1) < 0) break
    within[cutText(key, METRIC_LIMITS.label)] = toSmallValue(value)
  }
  return within
}

/** A value of the length that it may have. */
export function toSmallValue(value: unknown): Attributes[string] {
  if (typeof value === 'string') return cutText(value, METRIC_LIMITS.label)
  if (typeof value !== 'object' || value === null) return value
  return isSmall(value) ? value : toSmall(value)
}

/** Of attributes that cannot be read as a whole those that can, within the limits. */
export function toReadable(attributes: unknown): Attributes {
  const readable: Attributes = {}
  try {
    for (const key of Object.keys(attributes as object)) {
      const value = read(attributes, key)
      if (value !== undefined) readable[key] = value
    }
  } catch {
    // A proxy: there is nothing to be had.
  }
  return toWithinLimits(readable)
}

/** A description and a unit of the length that they may have. */
export function toShortOptions(options: MetricOptions): MetricOptions {
  const { description, unit } = options
  if (!isLong(description, METRIC_LIMITS.description) && !isLong(unit, METRIC_LIMITS.unit)) {
    return options
  }
  return {
    ...options,
    ...(isLong(description, METRIC_LIMITS.description) && {
      description: cutText(description, METRIC_LIMITS.description),
    }),
    // Half a unit would be another one.
    ...(isLong(unit, METRIC_LIMITS.unit) && { unit: '' }),
  }
}

/** Whether a list or an object is no longer than a label's text may be. */
function isSmall(value: object): boolean {
  return roomAfter(value, METRIC_LIMITS.label) >= 0
}

/** What is left of so many characters behind a value; below 0 if there is no room for it. */
function roomAfter(value: unknown, room: number): number {
  let left = room
  const parents: unknown[] = []
  const count = (part: unknown): boolean => {
    left -= typeof part === 'string' ? part.length + 1 : 1
    if (left < 0) return false
    if (typeof part !== 'object' || part === null || parents.includes(part)) return true
    parents.push(part)
    for (const key in part) {
      left -= key.length
      if (left < 0 || !count((part as Readonly<Record<string, unknown>>)[key])) return false
    }
    parents.pop()
    return true
  }
  return count(value) ? left : -1
}

/** The first items of a list, as many as there is room for. */
function toSmall(value: object): Attributes[string] {
  if (!Array.isArray(value)) return '[too large]'
  const items: unknown[] = []
  let room = METRIC_LIMITS.label - 1
  for (const item of value as readonly unknown[]) {
    room = roomAfter(item, room - String(items.length).length)
    if (room < 0) break
    items.push(item)
  }
  return items
}

function isLong(text: unknown, most: number): text is string {
  return typeof text === 'string' && text.length > most
}

function read(attributes: unknown, key: string): string | number | boolean | undefined {
  try {
    const value = (attributes as Readonly<Record<string, unknown>>)[key]
    if (typeof value === 'bigint') return String(value)
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : undefined
  } catch {
    return undefined
  }
}
