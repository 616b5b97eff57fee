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

/** What a run was asked for beyond its name; a benchmark says in its notes what it did with it. */
export interface BenchmarkRequest {
  /** The parts to measure; all of them when empty. */
  readonly only: readonly string[]
  /** Size of the largest thing that is measured, where one can be chosen. */
  readonly records: number | undefined
}

/** A benchmark: it only measures, and rejects only when it could not. */
export interface Benchmark {
  /** One line for the list of benchmarks. */
  readonly about: string
  /** Parts that can be measured alone, with `--only`. */
  readonly parts?: readonly string[]
  measure(progress: (line: string) => void, request: BenchmarkRequest): Promise<Measured>
}
