import { isGood, type Outcome, type Row } from './fault.ts'

const HEAD = ['where', 'fault', 'rounds', 'recorded', 'stored', 'lost', 'doubled', 'verdict', 's']
/** Columns of text; the others are numbers. */
const LEFT = new Set([0, 1, 7])

/** The table at the end of a campaign: one line for each fault, and below it why a line falls short. */
export function toTable(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(toCells)]
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        LEFT.has(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
  const notes = rows.flatMap(({ fault, notes: all }) =>
    all.map((note) => `  ${fault}: ${toLine(note)}`),
  )
  const good = rows.filter(isGood).length
  const seconds = Math.round(rows.reduce((sum, row) => sum + row.seconds, 0))
  return [
    ...lines,
    '',
    ...(notes.length > 0 ? ['notes', ...notes, ''] : []),
    `${good} of ${rows.length} faults: nothing lost, nothing doubled, green; ${seconds} s`,
  ].join('\n')
}

/** The same for programs: exactly the outcome's fields. */
export function toJson(rows: readonly Row[]): string {
  return JSON.stringify(
    rows.map(({ where, fault, rounds, recorded, stored, lost, doubled, verdict }): Outcome => ({
      where,
      fault,
      rounds,
      recorded,
      stored,
      lost,
      doubled,
      verdict,
    })),
    undefined,
    2,
  )
}

function toCells(row: Row): string[] {
  const { where, fault, rounds, recorded, stored, lost, doubled, verdict, seconds } = row
  return [where, fault, rounds, recorded, stored, lost, doubled, verdict, Math.round(seconds)].map(
    String,
  )
}

/** First and last line of a message: what failed, and the end of a log that says why. */
function toLine(text: string): string {
  const lines = text.trim().split('\n')
  const shown = lines.length > 1 ? [lines[0]!, lines.at(-1)!] : lines
  return shown.map((line) => line.slice(0, 400)).join(' … ')
}
