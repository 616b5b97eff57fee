import type { Attributes } from '@opentelemetry/api'
import { createCell, type Cell, type Cells } from './cells.ts'
import { areWithinLimits, toReadable, toWithinLimits } from './metric-limits.ts'

/** Hears of attributes that could not be taken as they were given. */
export interface AttributesTold {
  unreadable(error: unknown): void
  tooLarge(): void
  overflow(): void
}

/**
 * What is beyond the bound on series.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute
 */
const OVERFLOW: Attributes = Object.freeze({ 'otel.metric.overflow': true })

/** Orders in which an application may give the labels of one series, before the way to it is looked for anew. */
const ORDERS = 4

/** In place of a collection: the cell was taken away, and another one has its labels now, or will have. */
const GONE = -1

/**
 * Makes the series of an instrument of the Meter API, which are known by what their attributes are.
 *
 * The SDK puts the attributes in order and into a text at each measurement, and looks that up. Here the text is made once for each
 * series; a tree of the attributes in the order in which they are given leads to it afterwards.
 *
 * @param limit - series there may be, the one for all others included
 */
export function createCellsByAttributes(
  limit: number,
  boundaries: readonly number[] | undefined,
  told: AttributesTold,
): Cells {
  const byText = new Map<string, Cell>()
  const maxWays = Math.min(limit, 1e6) * ORDERS
  let root = new Place()
  let ways = 0
  let overflow: Cell | undefined

  function known(given: unknown): Cell | undefined {
    let place = root
    try {
      if (typeof given === 'object') {
        for (const name in given) {
          if (!Object.hasOwn(given, name)) continue
          const value = (given as Attributes)[name]
          if (value === undefined || value === null) continue
          const next = place.next(name, value)
          if (!next) return undefined
          place = next
        }
      }
    } catch {
      return undefined
    }
    const { cell } = place
    return cell === undefined || cell.observedIn === GONE ? undefined : cell
  }

  function settle(given: unknown): Cell {
    const { attributes, text, areAsGiven } = read(given, told)
    let cell = byText.get(text)
    if (!cell) {
      if (byText.size >= limit - 1) {
        told.overflow()
        return (overflow ??= createCell(OVERFLOW, OVERFLOW, boundaries))
      }
      cell = createCell(text, attributes, boundaries)
      byText.set(text, cell)
    }
    if (areAsGiven) remember(attributes, cell)
    return cell
  }

  function remember(attributes: Attributes, cell: Cell): void {
    // Only a memory of where series are: when it is full of ways that nobody takes any more, it begins anew.
    if (ways >= maxWays) {
      root = new Place()
      ways = 0
    }
    let place = root
    for (const name in attributes) place = place.make(name, attributes[name])
    if (!place.cell) ways += 1
    place.cell = cell
  }

  return {
    known,
    find: (given) => known(given) ?? settle(given),
    isOverflow: (cell) => cell === overflow,
    remove(cell) {
      cell.observedIn = GONE
      if (cell === overflow) overflow = undefined
      else byText.delete(cell.key as string)
    },
    values: () => (overflow ? [...byText.values(), overflow] : [...byText.values()]),
  }
}

/** Where one gets with some attributes; most places have one name to go on by, and many one value of it. */
class Place {
  cell: Cell | undefined
  #name: string | undefined
  #value: unknown
  #only: Place | undefined
  #values: Map<unknown, Place> | undefined
  #others: Map<string, Map<unknown, Place>> | undefined

  next(name: string, value: unknown): Place | undefined {
    if (name !== this.#name) return this.#others?.get(name)?.get(value)
    if (this.#values) return this.#values.get(value)
    return value === this.#value ? this.#only : undefined
  }

  make(name: string, value: unknown): Place {
    const there = this.next(name, value)
    if (there) return there
    const made = new Place()
    if (this.#name === undefined) {
      this.#name = name
      this.#value = value
      this.#only = made
    } else if (this.#name === name) {
      this.#values ??= new Map([[this.#value, this.#only!]])
      this.#values.set(value, made)
    } else {
      this.#others ??= new Map()
      const values = this.#others.get(name) ?? new Map<unknown, Place>()
      this.#others.set(name, values.set(value, made))
    }
    return made
  }
}

interface ReadAttributes {
  readonly attributes: Attributes
  /** The same for the same attributes in whatever order. */
  readonly text: string
  /** Whether the same will come of them the next time without a look at more than their values. */
  readonly areAsGiven: boolean
}

/** A copy of the attributes: the application may change its own. */
function read(given: unknown, told: AttributesTold): ReadAttributes {
  if (typeof given !== 'object' || given === null) return toRead({}, true)
  try {
    if (areWithinLimits(given)) return copy(given)
    told.tooLarge()
    return toRead(toWithinLimits(given as Attributes), false)
  } catch (error) {
    told.unreadable(error)
    return toRead(toReadable(given), false)
  }
}

function copy(given: object): ReadAttributes {
  const attributes: Attributes = {}
  let arePlain = true
  for (const [name, value] of Object.entries(given as Readonly<Record<string, unknown>>)) {
    if (value === undefined || value === null) continue
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      attributes[name] = value
      continue
    }
    arePlain = false
    // What no attribute may be has no text, and might hold on to anything.
    const text: string | undefined = JSON.stringify(value)
    attributes[name] = text === undefined ? typeof value : (JSON.parse(text) as Attributes[string])
  }
  return toRead(attributes, arePlain)
}

function toRead(attributes: Attributes, areAsGiven: boolean): ReadAttributes {
  const entries = Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { attributes, text: JSON.stringify(entries), areAsGiven }
}
