import type { Command, Option } from '../src/cli/command.ts'
import { commonOptions } from '../src/cli/read-arguments.ts'
import { optionWords, usageLine } from '../src/cli/usage.ts'
import { markdownTable, page, toDefault } from './markdown.ts'

/** The reference of the command line, made from the commands' declarations. */
export function cliPage(commands: readonly Command[]): string {
  const overview = commands.map(({ name, summary }) => [
    `[\`telltale ${name}\`](#telltale-${name.replaceAll(' ', '-')})`,
    summary,
  ])
  return page(
    'Command line',
    'Comes with the package: `npx telltale COMMAND`. Options come after the command; the command line wins over the environment. Progress and errors go to stderr. Passwords and tokens are never printed.',
    'Exit code 0 means done, 3 that something could not be done or checked at all, wrong arguments included. With `--json` stdout is one object: what the command found, or `{"error": "…"}`.',
    markdownTable(['command', 'what it does'], overview),
    ...commands.flatMap(commandSection),
    '## Options of every command',
    optionsTable(commonOptions),
  )
}

function commandSection(command: Command): string[] {
  const { name, summary, about = [], rest, options, exitCodes = {} } = command
  const after = rest ? [{ ...rest, name: `-- ${rest.name}` }] : []
  const parameters = [...(command.parameters ?? []), ...after]
  const codes = Object.entries(exitCodes).map(([code, meaning]) => [code, meaning])
  return [
    `## telltale ${name}`,
    `${summary}.`,
    `\`\`\`sh\n${usageLine(command)}\n\`\`\``,
    ...about,
    ...(parameters.length > 0
      ? [
          markdownTable(
            ['parameter', 'what it is'],
            parameters.map((each) => [each.name, each.about]),
          ),
        ]
      : []),
    ...(Object.keys(options).length > 0 ? [optionsTable(options)] : []),
    ...(codes.length > 0 ? [markdownTable(['exit code', 'meaning'], codes)] : []),
  ]
}

function optionsTable(options: Readonly<Record<string, Option<unknown>>>): string {
  const rows = Object.entries(options).map(([key, option]) => {
    const { about, placeholder, required, setting } = option
    return [
      `\`${optionWords(key, option)}\``,
      setting.env.map((name) => `\`${name}\``).join(', ') || 'none',
      required ? 'required' : placeholder === undefined ? 'off' : toDefault(setting.default),
      placeholder === undefined ? '' : `${setting.rule}${setting.secret ? '; secret' : ''}`,
      about,
    ]
  })
  return markdownTable(['option', 'variable', 'default', 'must be', 'what it does'], rows)
}
