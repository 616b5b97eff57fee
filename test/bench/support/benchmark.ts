/** One measured number. */
export interface Figure {
  /** Its name in the JSON output; the unit is at the end. */
  readonly key: string
  readonly value: number
  readonly unit: string
  /** What to hold it against, such as the same number of a peer. */
  readonly yardstick?: string
}

/** What a benchmark found. */
export interface Measured {
  readonly figures: readonly Figure[]
  /** Versions of what was compared, by package. */
  readonly packages?: Readonly<Record<string, string>>
  /** What a reader of the numbers must know. */
  readonly notes?: readonly string[]
}

/** A benchmark: it only measures, and rejects only when it could not. */
export interface Benchmark {
  /** One line for the list of benchmarks. */
  readonly about: string
  measure(progress: (line: string) => void): Promise<Measured>
}
