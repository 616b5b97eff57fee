import { createRedaction } from '../../core/redaction.ts'
import type { Setting } from '../../config/setting.ts'
import { settleAll, settingTables, type AllSettings } from '../../settings.ts'
import type { Application } from './application.ts'

/** What every check is given. */
export interface Examination {
  readonly application: Application
  /** What the environment says; options in code are seen in the process only. */
  readonly settings: AllSettings
  /** What the SDK would say about the environment. */
  readonly warnings: readonly string[]
  /** A text without the values of secret settings, and without what looks like a secret. */
  readonly hide: (text: string) => string
}

/** Settles the settings as the process of the application would. */
export function createExamination(application: Application): Examination {
  const findings = { problems: [], warnings: [] as string[] }
  const settings = settleAll({}, application.env, findings)
  return {
    application,
    settings,
    warnings: findings.warnings,
    hide: createHide(application.env, settings.general.redactNames),
  }
}

/** A value shorter than this hides more of the text than it protects; of a variable that only its name makes a secret, longer. */
const SHORTEST_SECRET = 4
const SHORTEST_NAMED = 8

/** The shell's working folder, in which findings are; not a password. */
const FOLDERS = /^(?:OLD)?PWD$/

function createHide(
  env: Application['env'],
  redactNames: readonly string[],
): (text: string) => string {
  const redaction = createRedaction(redactNames)
  const secrets = Object.values(settingTables)
    .flatMap((table) => Object.values<Setting<unknown>>(table))
    .filter(({ secret }) => secret)
    .flatMap(({ env: names }) => names.map((name) => env[name]))
    .flatMap((value) => (value === undefined ? [] : [value, ...valuesOfPairs(value)]))
    .filter((value) => value.length >= SHORTEST_SECRET)
  // What the application keeps for itself: a preload of its own may fail with it in its message.
  const named = Object.entries(env)
    .filter(([name]) => redaction.isSecret(name) && !FOLDERS.test(name))
    .filter(([, value]) => value !== undefined && value.length >= SHORTEST_NAMED)
    .map(([, value]) => value!)
  return (text) =>
    hidePasswords(
      redaction.text(
        [...secrets, ...named].reduce((left, one) => left.replaceAll(one, '[hidden]'), text),
      ),
    )
}

/** Of pairs such as headers each value, as it stands there and as it is sent. */
function valuesOfPairs(text: string): string[] {
  return text.split(',').flatMap((pair) => {
    const value = pair.slice(pair.indexOf('=') + 1).trim()
    try {
      return [value, decodeURIComponent(value)]
    } catch {
      return [value]
    }
  })
}

/** A URL may carry a password. */
function hidePasswords(text: string): string {
  return text.replaceAll(/\/\/[^\s/@]+@/g, '//[hidden]@')
}
