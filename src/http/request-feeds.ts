/** What metrics can tell of a finished request. */
export interface RequestFacts {
  /** `GET` and its like; `_OTHER` for methods that HTTP itself does not know. */
  readonly method: string
  /** The route's template, or the word for what matched none. */
  readonly route: string
  /** As it was sent; 499 when the connection ended before there was one. */
  readonly status: number
  readonly tenant: string | undefined
  /** Whether the connection ended before the response did. */
  readonly aborted: boolean
}

/** Something that is told of each request: usually an instrument of the application. */
export interface RequestFeed {
  started?(): void
  finished?(facts: RequestFacts, durationSeconds: number): void
}

/**
 * Counts finished requests with the counter and the labels of the application.
 *
 * @param when - only those for which it is true
 */
export function countRequests<Labels>(
  counter: { add(value: number, labels: Labels): void },
  labels: (facts: RequestFacts) => NoInfer<Labels>,
  when?: (facts: RequestFacts) => boolean,
): RequestFeed {
  return {
    finished(facts) {
      if (!when || when(facts)) counter.add(1, labels(facts))
    },
  }
}

/** Measures the duration of requests, in seconds, with the histogram and the labels of the application. */
export function timeRequests<Labels>(
  histogram: { record(value: number, labels: Labels): void },
  labels: (facts: RequestFacts) => NoInfer<Labels>,
): RequestFeed {
  return {
    finished(facts, durationSeconds) {
      histogram.record(durationSeconds, labels(facts))
    },
  }
}

/** Shows how many requests are under way, with an up-down counter without labels. */
export function gaugeRequests(gauge: { add(value: number): void }): RequestFeed {
  return {
    started: () => gauge.add(1),
    finished: () => gauge.add(-1),
  }
}
