import { FINDINGS } from '../src/cli/doctor/findings.ts'
import { markdownTable, page } from './markdown.ts'

/** What the doctor can find, from its own table. */
export function doctorPage(): string {
  const rows = Object.entries(FINDINGS).map(([code, { level, meaning, wayOut }]) => [
    `\`${code}\``,
    level,
    meaning,
    wayOut,
  ])
  return page(
    "The doctor's findings",
    'What [`telltale doctor`](cli.md#telltale-doctor) can find. Branch on the code: it stays, while words may change. An error costs telemetry or audit records, a warning may. How to use it: [the guide](../guide/doctor.md).',
    markdownTable(['code', 'level', 'what it means', 'the way out'], rows),
  )
}
