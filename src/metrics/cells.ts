import type { Attributes } from '@opentelemetry/api'

/** What a histogram has counted, as the SDK's readers take it. */
export interface HistogramValue {
  readonly buckets: { boundaries: number[]; counts: number[] }
  readonly sum?: number
  readonly count: number
}

/** One series of a sum or a gauge, and its value. */
export class Cell {
  readonly labels: Attributes
  /** By what it is known among the series of its instrument. */
  readonly key: unknown
  value = 0
  /** The collection that has observed it last. */
  observedIn = 0

  constructor(key: unknown, labels: Attributes) {
    this.key = key
    this.labels = labels
  }

  add(value: number): void {
    this.value += value
  }

  read(): number | HistogramValue {
    return this.value
  }
}

/** One series of a histogram; its value is the sum. */
class HistogramCell extends Cell {
  #count = 0
  readonly #boundaries: readonly number[]
  readonly #counts: number[]

  constructor(key: unknown, labels: Attributes, boundaries: readonly number[]) {
    super(key, labels)
    this.#boundaries = boundaries
    this.#counts = [...boundaries, 0].fill(0)
  }

  override add(value: number): void {
    // What is no number makes the series exist, as in the SDK, and counts for nothing.
    if (Number.isNaN(value)) return
    this.#counts[toBucket(this.#boundaries, value)]! += 1
    this.#count += 1
    this.value += value
  }

  override read(): HistogramValue {
    const buckets = { boundaries: this.#boundaries as number[], counts: [...this.#counts] }
    return { buckets, sum: this.value, count: this.#count }
  }
}

/** Makes a series; with upper bounds of buckets, in their order, one of a histogram. */
export function createCell(
  key: unknown,
  labels: Attributes,
  boundaries: readonly number[] | undefined,
): Cell {
  return boundaries ? new HistogramCell(key, labels, boundaries) : new Cell(key, labels)
}

/** The series of one instrument. */
export interface Cells {
  /** The series of these labels, if it is there and was asked for before; makes and tells nothing. */
  known(labels: unknown): Cell | undefined
  /** The series of these labels, made if there is none. Never throws, whatever the labels are. */
  find(labels: unknown): Cell
  /** Whether there is no room for another series. */
  isFull(): boolean
  /** Whether it stands for all series for which there is no room. */
  isOverflow(cell: Cell): boolean
  remove(cell: Cell): void
  /** All of them, for one collection. */
  values(): readonly Cell[]
}

/** Makes the series of a declared metric: it has one frozen object of labels for each, and by it the series is known. */
export function createCellsByObject(
  boundaries: readonly number[] | undefined,
  others: Cells,
): Cells {
  const cells = new Map<unknown, Cell>()
  return {
    known: (labels) => cells.get(labels),
    find(labels) {
      const known = cells.get(labels)
      if (known) return known
      // Another copy of the package, of another version, might not freeze them.
      if (!Object.isFrozen(labels)) return others.find(labels)
      const made = createCell(labels, labels as Attributes, boundaries)
      cells.set(labels, made)
      return made
    },
    isFull: others.isFull,
    isOverflow: others.isOverflow,
    remove(cell) {
      if (!cells.delete(cell.key)) others.remove(cell)
    },
    values: () => [...cells.values(), ...others.values()],
  }
}

/**
 * Makes the series of a declared gauge. Its values are kept where it was declared, and observed: here they are kept until the
 * collection takes them, and between two collections there is nothing. Of a series that is observed twice there are two then, of
 * which :9090 shows the last one.
 */
export function createPassingCells(others: Cells): Cells {
  let passing: Cell[] = []
  return {
    ...others,
    known: () => undefined,
    find(labels) {
      if (!Object.isFrozen(labels)) return others.find(labels)
      const made = createCell(labels, labels as Attributes, undefined)
      passing.push(made)
      return made
    },
    values() {
      const taken = passing
      passing = []
      return [...taken, ...others.values()]
    },
  }
}

/** As in Prometheus: a bucket holds what is at most its bound. */
function toBucket(boundaries: readonly number[], value: number): number {
  let [low, high] = [0, boundaries.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= boundaries[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
