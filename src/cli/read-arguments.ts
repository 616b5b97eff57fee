import { parseArgs } from 'node:util'
import { nearestName } from '../config/nearest-name.ts'
import type { Command, CommandContext, Option } from './command.ts'
import { CliError } from './command.ts'
import { flag } from './options.ts'

/** Options of every command. */
export const commonOptions = {
  json: flag('Print one JSON object on stdout; errors too.'),
  help: flag('Print what the command does and takes, and end.'),
} as const

/** What was given to a command. */
export interface GivenArguments {
  readonly values: Readonly<Record<string, unknown>>
  readonly parameters: readonly string[]
}

/**
 * Reads the words after a command's name: command line over environment over default.
 *
 * @throws {CliError} naming everything that is wrong with them
 */
export function readArguments(
  command: Command,
  allWords: readonly string[],
  env: CommandContext['env'],
): GivenArguments {
  const words = command.rest ? ownWords(allWords) : allWords
  const table: Readonly<Record<string, Option<unknown>>> = { ...command.options, ...commonOptions }
  const keys = new Map(Object.keys(table).map((key) => [toOptionName(key), key]))
  const problems: string[] = []
  const given = new Map<string, string | true | undefined>()
  const parameters: string[] = []
  for (const token of tokensOf(words, table)) {
    if (token.kind === 'positional') parameters.push(token.value)
    if (token.kind !== 'option') continue
    const key = token.rawName.startsWith('--') ? keys.get(token.name) : undefined
    if (key === undefined) {
      problems.push(unknownOption(token.rawName, token.name, keys.keys(), command))
      continue
    }
    const { placeholder } = table[key]!
    const name = `--${token.name}`
    // `--out --json` is a forgotten value, not one that is called --json.
    const isForgotten =
      token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))
    if (given.has(key)) problems.push(`"${name}" is given twice`)
    if (placeholder === undefined && token.value !== undefined) {
      problems.push(`"${name}" takes no value`)
    }
    if (placeholder !== undefined && isForgotten) {
      problems.push(`"${name}" needs a value: ${placeholder}`)
    }
    given.set(key, placeholder === undefined ? true : isForgotten ? undefined : token.value)
  }
  const values = Object.fromEntries(
    Object.entries(table).map(([key, option]) => [
      key,
      given.has(key) && given.get(key) === undefined
        ? undefined
        : settleOption(key, option, given.get(key), env, problems),
    ]),
  )
  problems.push(...wrongParameters(command, parameters))
  if (problems.length > 0) throw new CliError(problems.join('\n'))
  return { values, parameters: [...parameters, ...allWords.slice(words.length + 1)] }
}

/** The words of a command line that are the command's own: those before `--`. */
export function ownWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return end === -1 ? words : words.slice(0, end)
}

/** The name of an option on the command line, without its dashes: `dryRun` is `dry-run`. */
export function toOptionName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function tokensOf(words: readonly string[], table: Readonly<Record<string, Option<unknown>>>) {
  const options = Object.fromEntries(
    Object.entries(table).map(([key, { placeholder }]) => [
      toOptionName(key),
      { type: placeholder === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  return parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens
}

function unknownOption(
  rawName: string,
  name: string,
  known: Iterable<string>,
  command: Command,
): string {
  const nearest = nearestName(name, known)
  const hint = nearest ? `; did you mean "--${nearest}"?` : ''
  return `"${rawName}" is no option of "telltale ${command.name}"${hint}`
}

function settleOption(
  key: string,
  { setting, required }: Option<unknown>,
  given: string | true | undefined,
  env: CommandContext['env'],
  problems: string[],
): unknown {
  const option = `--${toOptionName(key)}`
  const variable = setting.env.find((name) => env[name])
  if (given === undefined && variable === undefined) {
    if (required) problems.push(missing(option, setting.env))
    return setting.default
  }
  const text = given === undefined ? env[variable!]! : given
  const value = text === true ? true : setting.parse(text)
  if (setting.accepts(value)) return value
  const shown = setting.secret ? '[hidden]' : JSON.stringify(text)
  const source = given === undefined ? ` (from ${variable})` : ''
  problems.push(`"${option}" must be ${setting.rule}; got ${shown}${source}`)
  return undefined
}

function missing(option: string, env: readonly string[]): string {
  const variables = env.length > 0 ? `, or ${env.join(' or ')} in the environment` : ''
  return `"${option}" is missing: it must be given${variables}`
}

function wrongParameters({ parameters = [], name }: Command, given: readonly string[]): string[] {
  const absent = parameters.slice(given.length).map((each) => `${each.name} is missing`)
  const surplus = given
    .slice(parameters.length)
    .map((word) => `"telltale ${name}" takes no ${JSON.stringify(word)}`)
  return [...absent, ...surplus]
}
