import { readFileSync, writeFileSync } from 'node:fs'
import { commands } from '../src/cli/commands.ts'
import type { Setting } from '../src/config/setting.ts'
import { MEANINGS } from '../src/core/errors.ts'
import { faults } from '../test/faults/faults.ts'
import { apiPage } from './api-page.ts'
import { cliPage } from './cli-page.ts'
import { doctorPage } from './doctor-page.ts'
import { faultsPage } from './faults-page.ts'
import { metricsPage } from './metrics-page.ts'
import { markdownTable, page, toDefault } from './markdown.ts'
import { redactionPage } from './redaction-page.ts'
import { settingTables } from '../src/settings.ts'

const repository = new URL('../', import.meta.url)

/** The pages that are made from the code, by path: `npm run docs` writes them, a test holds them equal. */
export function generatedPages(): Readonly<Record<string, string>> {
  return {
    'docs/reference/api.md': apiPage(),
    'docs/reference/settings.md': settingsPage(),
    'docs/reference/errors.md': errorsPage(),
    'docs/reference/metrics.md': metricsPage(),
    'docs/reference/redaction.md': redactionPage(),
    'docs/reference/cli.md': cliPage(commands),
    'docs/reference/doctor.md': doctorPage(),
    'docs/reference/faults.md': faultsPage(faults),
  }
}

/** Where a table of settings stands: its heading, and the interface that users see. */
interface Section {
  readonly heading: string
  readonly file: string
  readonly interfaceName: string
  readonly place: keyof typeof settingTables
}

const places = Object.keys(settingTables) as (keyof typeof settingTables)[]

const SECTIONS: readonly Section[] = [
  { heading: 'At the top', file: 'settings', interfaceName: 'GeneralOptions', place: '' },
  { heading: 'At the top', file: 'resource/options', interfaceName: 'ResourceOptions', place: '' },
  ...places
    .filter((place) => place !== '')
    .map((place) => ({
      heading: `\`${place}\``,
      file: `${place}/options`,
      interfaceName: `${place[0]!.toUpperCase()}${place.slice(1)}Options`,
      place,
    })),
]

function settingsPage(): string {
  const parts = SECTIONS.flatMap((section, index) => {
    const { heading, place } = section
    const { about, options } = readInterface(section)
    const title = SECTIONS[index - 1]?.heading === heading ? [] : [`## ${heading}`]
    return [...title, about, settingsTable(place, options)]
  })
  return page(
    'Settings',
    "Every setting can be given to `init()` and, where a variable is named, in the environment. Code wins over environment, environment over default. The `OTEL_*` variables have OpenTelemetry's standard meaning; an empty variable is unset. Of several variables the first that is set counts.",
    'What cannot be used is never passed over in silence. In code it is an error: `init()` throws a `ConfigError` with every problem listed, and nothing is started; an unknown option is named with the nearest known one. In the environment it is a warning on stderr with variable, rule and value, and counts as unset; a misspelt `TELLTALE_*` or `OTEL_*` variable is named with the nearest known one. Values of secret settings are shown as `[hidden]`.',
    'In code only there is also `instrumentations`: OpenTelemetry instrumentations besides those that come along or are found. One of the same name replaces ours.',
    ...parts,
  )
}

function settingsTable(
  place: keyof typeof settingTables,
  options: ReadonlyMap<string, string>,
): string {
  const table: Readonly<Record<string, Setting<unknown>>> = settingTables[place]
  const rows = [...options].map(([key, about]) => {
    const setting = table[key]
    if (!setting) throw new Error(`the option ${key} has no setting in the table "${place}"`)
    return [
      `\`${place === '' ? key : `${place}.${key}`}\``,
      setting.env.map((name) => `\`${name}\``).join(', ') || 'none',
      toDefault(setting.default),
      `${setting.rule}${setting.secret ? '; secret' : ''}`,
      about,
    ]
  })
  return markdownTable(['option', 'variable', 'default', 'must be', 'what it does'], rows)
}

/** The doc comments of an options interface: its own, and those of its members in their order. */
function readInterface({ file, interfaceName }: Section): {
  readonly about: string
  readonly options: ReadonlyMap<string, string>
} {
  const source = readFileSync(new URL(`src/${file}.ts`, repository), 'utf8')
  const found = new RegExp(
    String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\nexport interface ${interfaceName} \{\n([\s\S]*?)\n\}`,
  ).exec(source)
  if (!found) throw new Error(`src/${file}.ts has no documented interface ${interfaceName}`)
  const [, about = '', body = ''] = found
  const members = [...body.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^ {2}(\w+)\?:/gm)]
  const options = members.map(([, comment, key]): [string, string] => {
    if (!comment) throw new Error(`${interfaceName}.${key} has no doc comment`)
    return [key!, toProse(comment)]
  })
  return { about: toProse(about), options: new Map(options) }
}

/** A doc comment without its stars, on one line. */
function toProse(comment: string): string {
  return comment
    .replaceAll(/^\s*\*/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function errorsPage(): string {
  const rows = Object.entries(MEANINGS).map(([code, meaning]) => [`\`${code}\``, meaning])
  return page(
    'Errors',
    'Every error raised by Telltale is a `TelltaleError` with a `code`. Branch on the code: it stays, while the message may change.',
    'After `init()` has returned only audit calls reject, with an `AuditError`: whoever asked for a guarantee hears when it cannot be kept. `init()` and `defineAuditEvent()` throw a `ConfigError`, whose `problems` list everything that is wrong. Whatever else fails is counted in a metric and said once per cause on stderr.',
    markdownTable(['code', 'meaning'], rows),
  )
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(generatedPages())) {
    writeFileSync(new URL(path, repository), text)
  }
}
