import type { Attributes } from '@opentelemetry/api'
import { ownText } from '../core/cut-text.ts'
import { createCell, type Cell, type Cells } from './cells.ts'
import {
  areWithinLimits,
  METRIC_LIMITS,
  toReadable,
  toSmallValue,
  toWithinLimits,
} from './metric-limits.ts'

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
const OVERFLOW = 'otel.metric.overflow'

/** Orders in which an application may give the labels of one series, before the way to it is looked for anew. */
const ORDERS = 4

/** Cells that may be gone before the ways to them are: to begin anew costs each series one look in detail. */
const FEW = 100

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
  /** Cells that were taken away since the ways began. */
  let gone = 0
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

  function isFull(): boolean {
    return byText.size >= limit - 1
  }

  function settle(given: unknown): Cell {
    const { attributes, text, areAsGiven } = read(given, told)
    let cell = byText.get(text)
    if (!cell) {
      if (isFull()) {
        told.overflow()
        return (overflow ??= createCell(OVERFLOW, { [OVERFLOW]: true }, boundaries))
      }
      own(attributes)
      cell = createCell(text, attributes, boundaries)
      byText.set(text, cell)
    } else if (areAsGiven) own(attributes)
    if (areAsGiven) remember(attributes, cell)
    return cell
  }

  function remember(attributes: Attributes, cell: Cell): void {
    // Only a memory of where series are: when it is full of ways that nobody takes any more, it begins anew.
    if (ways >= maxWays) forget()
    let place = root
    for (const name in attributes) place = place.make(name, attributes[name])
    if (!place.cell) ways += 1
    place.cell = cell
  }

  function forget(): void {
    root = new Place()
    ways = 0
    gone = 0
  }

  return {
    known,
    find: (given) => known(given) ?? settle(given),
    isFull,
    isOverflow: (cell) => cell === overflow,
    remove(cell) {
      cell.observedIn = GONE
      if (cell === overflow) overflow = undefined
      else byText.delete(cell.key as string)
      // The ways hold on to what is gone; that must not be more than what is there.
      gone += 1
      if (gone > byText.size + FEW) forget()
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
    if (areWithinLimits(given)) return copy(given, told)
    told.tooLarge()
    return toRead(toWithinLimits(given as Attributes), false)
  } catch (error) {
    told.unreadable(error)
    return toRead(toReadable(given), false)
  }
}

function copy(given: object, told: AttributesTold): ReadAttributes {
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
    attributes[name] = text === undefined ? typeof value : toSmallCopy(text, told)
  }
  return toRead(attributes, arePlain)
}

/** What a value has said that it is; only then one sees how large that is. */
function toSmallCopy(text: string, told: AttributesTold): Attributes[string] {
  const value: unknown = JSON.parse(text)
  if (text.length <= METRIC_LIMITS.label) return value
  const small = toSmallValue(value)
  if (small !== value) told.tooLarge()
  return small
}

/** Puts texts of their own in place of those that may be cut out of others, which would stay with them. */
function own(attributes: Attributes): void {
  for (const name in attributes) {
    const value = attributes[name]
    if (typeof value === 'string') attributes[name] = ownText(value)
  }
}

function toRead(attributes: Attributes, areAsGiven: boolean): ReadAttributes {
  const entries = Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { attributes, text: JSON.stringify(entries), areAsGiven }
}
