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
} as const

/** Whether attributes can be kept as they are. It runs at each measurement, so that it looks at nothing twice. */
export function areWithinLimits(attributes: object): boolean {
  let left: number = METRIC_LIMITS.labels
  for (const key in attributes) {
    left -= 1
    const value = (attributes as Readonly<Record<string, unknown>>)[key]
    if (left < 0 || key.length > METRIC_LIMITS.label) return false
    if (typeof value === 'string') {
      if (value.length > METRIC_LIMITS.label) return false
    } else if (typeof value === 'object' && value !== null && !isSmall(value)) return false
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
    const name = cutText(key, METRIC_LIMITS.label)
    if (typeof value === 'string') within[name] = cutText(value, METRIC_LIMITS.label)
    else if (typeof value !== 'object') within[name] = value
    else within[name] = isSmall(value) ? value : toSmall(value)
  }
  return within
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

/** Whether a list or an object is no longer than a label's text may be; what JSON cannot say is the SDK's affair. */
function isSmall(value: object): boolean {
  let left: number = METRIC_LIMITS.label
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
  return count(value)
}

/** The first items of a list, as many as there is room for. */
function toSmall(value: object): Attributes[string] {
  if (!Array.isArray(value)) return '[too large]'
  const items: unknown[] = []
  for (const item of value as readonly unknown[]) {
    if (!isSmall([...items, item])) break
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
