import type { Command, Option } from './command.ts'
import { commonOptions, toOptionName } from './read-arguments.ts'

/** What `--help` prints for one command. */
export function commandHelp(command: Command): string {
  const { parameters = [], rest, about = [], exitCodes = {} } = command
  const words = rest ? [...parameters, { ...rest, name: `-- ${rest.name}` }] : parameters
  const options = Object.entries<Option<unknown>>({ ...command.options, ...commonOptions })
  return [
    `Usage: ${usageLine(command)}`,
    wrap(`${command.summary}.`, 0),
    ...about.map((paragraph) => wrap(paragraph, 0)),
    ...(words.length > 0 ? [twoColumns(words.map(({ name, about }) => [name, about]))] : []),
    twoColumns(options.map(([key, option]) => [optionWords(key, option), optionAbout(option)])),
    twoColumns([
      ...Object.entries(exitCodes).map(([code, meaning]): [string, string] => [
        `exit ${code}`,
        meaning,
      ]),
      ['exit 3', 'It could not be done or checked; stderr says why.'],
    ]),
  ].join('\n\n')
}

/** What `--help` prints for the words that several commands begin with; `prefix` is '' for all of them. */
export function groupHelp(commands: readonly Command[], prefix: string): string {
  const rows = commands
    .filter(({ name }) => prefix === '' || name.startsWith(`${prefix} `))
    .map(({ name, summary }): [string, string] => [name, summary])
  return [
    `Usage: telltale ${prefix === '' ? '' : `${prefix} `}COMMAND [options]`,
    twoColumns(rows),
    '"telltale COMMAND --help" says more about one.',
  ].join('\n\n')
}

/** How a command is called, in one line. */
export function usageLine({ name, parameters = [], rest, options }: Command): string {
  const required = Object.entries(options)
    .filter(([, option]) => option.required)
    .map(([key, option]) => optionWords(key, option))
  const words = parameters.map((each) => each.name)
  const after = rest ? [`[-- ${rest.name}]`] : []
  return ['telltale', name, ...words, ...required, '[options]', ...after].join(' ')
}

/** An option as it is typed: `--out DIR`. */
export function optionWords(key: string, { placeholder }: Option<unknown>): string {
  return `--${toOptionName(key)}${placeholder === undefined ? '' : ` ${placeholder}`}`
}

function optionAbout({ about, setting }: Option<unknown>): string {
  const variable = setting.env.length > 0 ? ` (${setting.env.join(', ')})` : ''
  const isSaid = setting.default === undefined || setting.default === false
  return `${about}${variable}${isSaid ? '' : ` Default: ${JSON.stringify(setting.default)}.`}`
}

const WIDTH = 100

function twoColumns(rows: readonly (readonly [string, string])[]): string {
  const indent = Math.max(...rows.map(([left]) => left.length)) + 4
  return rows
    .map(([left, right]) => `  ${left.padEnd(indent - 2)}${wrap(right, indent)}`)
    .join('\n')
}

/** Breaks a text into lines; those after the first are indented. */
function wrap(text: string, indent: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}
