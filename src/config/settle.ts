import { nearestName } from './nearest-name.ts'
import type { Setting } from './setting.ts'

/** Any module's table, seen without its types. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>

/** The environment the settings are read from. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What was found while settling: problems stop `init()`, warnings do not. */
export interface Findings {
  readonly problems: string[]
  readonly warnings: string[]
}

/**
 * Settles one module's options: code wins over environment, environment over default.
 *
 * A value from code that cannot be used is a problem. One from the environment is a warning and counts as unset,
 * as OpenTelemetry's rules for environment variables have it.
 *
 * @param prefix - the module's place in the options, for messages: `audit.`
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value
 */
export function settle<Table extends object>(
  prefix: string,
  table: Table,
  options: object | undefined,
  environment: Environment,
  findings: Findings,
): { readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never } {
  const settings = table as unknown as SettingTable
  const given = (options ?? {}) as Readonly<Record<string, unknown>>
  const settled: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(settings)) {
    settled[key] =
      given[key] === undefined
        ? fromEnvironment(prefix + key, setting, environment, findings)
        : fromBoth(prefix + key, setting, given[key], environment, findings)
  }
  findings.problems.push(...unknownKeys(prefix, Object.keys(given), Object.keys(settings)))
  return Object.freeze(settled) as ReturnType<typeof settle<Table>>
}

/** Names options that no table knows, with the nearest that is known. */
export function unknownKeys(
  prefix: string,
  given: readonly string[],
  known: readonly string[],
): string[] {
  return given
    .filter((key) => !known.includes(key))
    .map((key) => {
      const nearest = nearestName(key, known)
      const hint = nearest ? `; did you mean "${prefix}${nearest}"?` : ''
      return `"${prefix}${key}" is not an option${hint}`
    })
}

function fromBoth(
  name: string,
  setting: Setting<unknown>,
  value: unknown,
  environment: Environment,
  findings: Findings,
): unknown {
  const settled = fromCode(name, setting, value, findings)
  if (!setting.merges) return settled
  const inherited = fromEnvironment(name, setting, environment, findings)
  return { ...(inherited as object), ...(settled as object) }
}

function fromCode(
  name: string,
  setting: Setting<unknown>,
  value: unknown,
  findings: Findings,
): unknown {
  if (setting.accepts(value)) return value
  findings.problems.push(`"${name}" must be ${setting.rule}; got ${show(setting, value)}`)
  return setting.default
}

function fromEnvironment(
  name: string,
  setting: Setting<unknown>,
  environment: Environment,
  findings: Findings,
): unknown {
  const refused: string[] = []
  let settled = setting.default
  for (const variable of setting.env) {
    const read = environment[variable]?.trim()
    // The OpenTelemetry specification treats an empty variable as unset.
    if (!read) continue
    const value = setting.parse(read)
    if (setting.accepts(value)) {
      settled = value
      break
    }
    refused.push(`${variable} ("${name}") must be ${setting.rule}; got ${show(setting, read)}`)
  }
  const instead = settled === undefined ? 'ignored' : `using ${show(setting, settled)}`
  findings.warnings.push(...refused.map((warning) => `${warning}; ${instead}`))
  return settled
}

/** Longest part of a value that a message repeats, in characters. */
const MAX_SHOWN = 100

function show(setting: Setting<unknown>, value: unknown): string {
  if (setting.secret) return '[hidden]'
  // JSON would show NaN and Infinity as null.
  if (typeof value === 'number') return String(value)
  let text: string
  try {
    text = JSON.stringify(value) ?? String(value)
  } catch {
    text = String(value)
  }
  // An address may carry a password, even where it cannot be used.
  const masked = text.replaceAll(/\/\/[^/@]*@/g, '//…@')
  return masked.length > MAX_SHOWN ? `${masked.slice(0, MAX_SHOWN)}…` : masked
}
