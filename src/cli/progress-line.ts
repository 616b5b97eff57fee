/** How often people are told how far something has come. */
const EVERY_MILLIS = 2_000

/** Tells people how far a long piece of work has come: its rate, and when the size is known the time that is left. */
export interface ProgressLine {
  update(done: { readonly records: number; readonly estimate: number | undefined }): void
}

/** Writes a line every two seconds, so that what is done sooner says nothing. */
export function createProgressLine(
  progress: (line: string) => void,
  now: () => number = Date.now,
): ProgressLine {
  const startedAt = now()
  let toldAt = startedAt
  return {
    update: ({ records, estimate }) => {
      const time = now()
      if (time - toldAt < EVERY_MILLIS) return
      toldAt = time
      const rate = (records * 1_000) / (time - startedAt)
      const left = estimate === undefined ? undefined : (estimate - records) / rate
      progress(
        `${records} records, ${Math.round(rate)}/s${left === undefined ? '' : `, about ${Math.ceil(left)} s left of ${estimate}`}`,
      )
    },
  }
}
