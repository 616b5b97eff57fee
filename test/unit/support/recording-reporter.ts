import { createReporter, type Reporter } from '../../../src/core/reporter.ts'

/** The real reporter, with its lines in a list instead of on stderr. */
export interface RecordingReporter extends Reporter {
  readonly lines: string[]
}

/** Makes a reporter whose lines can be looked at. */
export function createRecordingReporter(): RecordingReporter {
  const lines: string[] = []
  const reporter = createReporter((line) => void lines.push(line))
  return { ...reporter, lines }
}
