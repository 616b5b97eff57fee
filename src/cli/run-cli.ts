import { nearestName } from '../config/nearest-name.ts'
import { toReason } from '../core/errors.ts'
import { printable, printableLines } from '../core/printable.ts'
import { CliError, type Command, type CommandContext } from './command.ts'
import { ownWords, readArguments } from './read-arguments.ts'
import { commandHelp, groupHelp } from './usage.ts'

/** What a command line is run with. */
export interface CliProcess {
  readonly env: CommandContext['env']
  readonly version: () => string
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
}

/** The exit code for what could not be done or checked at all. */
export const NOT_DONE = 3

/**
 * Runs the command that `words` name.
 *
 * @returns the exit code; nothing is thrown
 */
export async function runCli(
  commands: readonly Command[],
  words: readonly string[],
  cli: CliProcess,
): Promise<number> {
  const firstOption = words.findIndex((word) => word.startsWith('-'))
  const names = firstOption === -1 ? words : words.slice(0, firstOption)
  const command = findCommand(commands, names)
  const isHelp = ownWords(words)
    .slice(names.length)
    .some((word) => word === '--help' || word === '-h')
  if (command) {
    const rest = words.slice(command.name.split(' ').length)
    return isHelp ? print(cli, commandHelp(command)) : runCommand(command, rest, cli)
  }
  const group = names.join(' ')
  if (names.length === 0 && words[0] === '--version') return print(cli, cli.version())
  const isGroup = group === '' || commands.some(({ name }) => name.startsWith(`${group} `))
  if (isGroup && isHelp) return print(cli, groupHelp(commands, group))
  const problem = isGroup ? noCommand(words.slice(names.length)) : unknownCommand(commands, names)
  return fail(cli, 'telltale', `${problem}\n\n${groupHelp(commands, isGroup ? group : '')}`)
}

/** The command whose name these words begin with. */
function findCommand(commands: readonly Command[], words: readonly string[]): Command | undefined {
  return commands.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))
}

async function runCommand(
  command: Command,
  words: readonly string[],
  cli: CliProcess,
): Promise<number> {
  const name = `telltale ${command.name}`
  // Also when the words cannot be read as a whole: who asked for JSON reads the error as JSON.
  const wantsJson = ownWords(words).includes('--json')
  try {
    const { values, parameters } = readArguments(command, words, cli.env)
    const context: CommandContext = {
      env: cli.env,
      json: wantsJson,
      progress: (line) => cli.writeError(`${printable(line)}\n`),
    }
    const { exitCode = 0, json, text } = await command.run(values, context, parameters)
    // In JSON such a sign can only stand in a text, where the escape means the same.
    if (wantsJson) cli.writeOut(`${printable(JSON.stringify(json))}\n`)
    else if (text !== '') cli.writeOut(`${printableLines(text)}\n`)
    return exitCode
  } catch (error) {
    const message = error instanceof CliError ? error.message : toReason(error)
    if (wantsJson) cli.writeOut(`${printable(JSON.stringify({ error: message }))}\n`)
    return fail(cli, name, message)
  }
}

function print(cli: CliProcess, text: string): number {
  cli.writeOut(`${text}\n`)
  return 0
}

function fail(cli: CliProcess, name: string, message: string): number {
  cli.writeError(`${name}: ${printableLines(message)}\n`)
  return NOT_DONE
}

function noCommand(options: readonly string[]): string {
  return options.length > 0
    ? `options come after the command; got ${JSON.stringify(options[0])} before one`
    : 'a command is missing'
}

function unknownCommand(commands: readonly Command[], words: readonly string[]): string {
  const given = words.join(' ')
  const nearest = nearestName(
    given,
    commands.map(({ name }) => name),
  )
  return `"${given}" is no command${nearest ? `; did you mean "${nearest}"?` : ''}`
}
