import { shownCommand, type Application } from './application.ts'
import type { Finding, Level } from './findings.ts'

const INDENT = ' '.repeat(11)

/** The findings for people: what is right, then what is doubtful, and last, where it is read first, what is wrong. */
export function reportText(application: Application, findings: readonly Finding[]): string {
  const { name, folder } = application
  const command = shownCommand(application)
  const of = (level: Level): readonly Finding[] => findings.filter((each) => each.level === level)
  const told = [...of('warning'), ...of('error')].map(
    ({ level, code, what, wayOut }) =>
      `  ${level.padEnd(9)}${code}\n${INDENT}${what}${wayOut === undefined ? '' : `\n${INDENT}-> ${wayOut}`}`,
  )
  return [
    `${name} in ${folder}${command === undefined ? '' : `\nstarted by ${command}`}`,
    of('ok')
      .map(({ what }) => `  ok       ${what}`)
      .join('\n'),
    ...told,
    summaryOf(of('error').length, of('warning').length),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function summaryOf(errors: number, warnings: number): string {
  if (errors + warnings === 0) return 'nothing is wrong'
  return `${toCount(errors, 'error')}, ${toCount(warnings, 'warning')}`
}

function toCount(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
