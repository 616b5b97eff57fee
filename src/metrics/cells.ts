import type { Attributes } from '@opentelemetry/api'

/** What a histogram has counted, as the SDK's readers take it. */
export interface HistogramValue {
  buckets: { boundaries: number[]; counts: number[] }
  sum?: number
  count: number
}

/** The value of one series. */
export interface Cell {
  readonly labels: Attributes
  read(): number | HistogramValue
}

/** The values of one instrument, by series. */
export interface Cells {
  add(value: number, labels?: Attributes): void
  record(value: number, labels?: Attributes): void
  values(): readonly Cell[]
}

const NO_LABELS: Attributes = Object.freeze({})

/** Makes the cells of a sum, or with boundaries those of a histogram. */
export function createCells(boundaries?: readonly number[]): Cells {
  const byLabels = new Map<Attributes, StoredCell>()
  const byText = new Map<string, StoredCell>()

  function find(labels: Attributes): StoredCell {
    // The declared metrics come with one frozen object for each series: no need to look at what is in it.
    const cell = byLabels.get(labels)
    if (cell) return cell
    return Object.isFrozen(labels) ? make(byLabels, labels, labels) : findByText(labels)
  }

  function findByText(labels: Attributes): StoredCell {
    const text = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    return byText.get(text) ?? make(byText, text, { ...labels })
  }

  function make<Key>(cells: Map<Key, StoredCell>, key: Key, labels: Attributes): StoredCell {
    const cell = new StoredCell(labels, boundaries)
    cells.set(key, cell)
    return cell
  }

  return {
    add(value, labels = NO_LABELS) {
      find(labels).sum += value
    },
    record(value, labels = NO_LABELS) {
      find(labels).record(value)
    },
    values: () => [...byLabels.values(), ...byText.values()],
  }
}

class StoredCell implements Cell {
  readonly labels: Attributes
  sum = 0
  #count = 0
  readonly #boundaries: readonly number[] | undefined
  readonly #counts: number[]

  constructor(labels: Attributes, boundaries: readonly number[] | undefined) {
    this.labels = labels
    this.#boundaries = boundaries
    this.#counts = boundaries ? [...boundaries, 0].fill(0) : []
  }

  record(value: number): void {
    const boundaries = this.#boundaries!
    // What is no number makes the series exist, as in the SDK, and counts for nothing.
    if (Number.isNaN(value)) return
    // As in Prometheus: a bucket holds what is at most its bound.
    let bucket = 0
    while (bucket < boundaries.length && value > boundaries[bucket]!) bucket += 1
    this.#counts[bucket]! += 1
    this.#count += 1
    this.sum += value
  }

  read(): number | HistogramValue {
    if (!this.#boundaries) return this.sum
    const buckets = { boundaries: [...this.#boundaries], counts: [...this.#counts] }
    return { buckets, sum: this.sum, count: this.#count }
  }
}
