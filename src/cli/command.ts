import type { Setting } from '../config/setting.ts'

/** One option of a command: what a setting says of its value, and how it stands on the command line. */
export interface Option<Value> {
  /** One sentence, for `--help` and the reference. */
  readonly about: string
  /** What stands for the value in the usage, `DIR`; a flag has none. */
  readonly placeholder?: string
  readonly required?: boolean
  readonly setting: Setting<Value>
}

/** The options of a command by their names in code: `dryRun` is `--dry-run`. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>

/** What was given for a table of options, defaults and environment included. */
export type ValuesOf<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Option<infer Value> ? Value : never
}

/** A word that the command needs after its name. */
export interface Parameter {
  /** As the usage shows it: `ID`. */
  readonly name: string
  readonly about: string
}

/** What a command may use of the process that it runs in. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether one JSON object is wanted instead of text. */
  readonly json: boolean
  /** Tells people what is going on: a line on stderr, whatever stdout is for. */
  readonly progress: (line: string) => void
}

/** How a command ended. */
export interface Outcome {
  /** Default 0. 3 is kept for what could not be done at all: throw for that. */
  readonly exitCode?: number
  /** What `--json` prints. */
  readonly json: object
  /** What is printed without it; ends without a newline. */
  readonly text: string
}

/** One command, as far as the frame, `--help` and the reference must know it. */
export interface Command {
  /** With the words before it: `audit keygen`. */
  readonly name: string
  /** One sentence without a full stop. */
  readonly summary: string
  /** Paragraphs that say what the summary leaves out. */
  readonly about?: readonly string[]
  readonly parameters?: readonly Parameter[]
  /** Words after `--`, which are not this command's own; they follow the parameters. */
  readonly rest?: Parameter
  readonly options: OptionTable
  /** What exit codes besides 0 and 3 mean. */
  readonly exitCodes?: Readonly<Record<number, string>>
  readonly run: (
    values: Readonly<Record<string, unknown>>,
    context: CommandContext,
    parameters: readonly string[],
  ) => Promise<Outcome>
}

/** A command as its file writes it, with its options' types. */
export interface CommandDefinition<Table extends OptionTable> extends Omit<Command, 'run'> {
  readonly options: Table
  /** Loads what it needs itself, so that `--help` loads nothing. */
  readonly run: (
    values: ValuesOf<Table>,
    context: CommandContext,
    parameters: readonly string[],
  ) => Promise<Outcome>
}

/** Declares a command; `src/cli/commands.ts` lists them all. */
export function defineCommand<Table extends OptionTable>(
  definition: CommandDefinition<Table>,
): Command {
  return definition as unknown as Command
}

/** Something that could not be checked or done, in words for the person who asked; ends with exit code 3. */
export class CliError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CliError'
  }
}
