import { nearestName } from '../config/nearest-name.ts'
import { ConfigError } from '../core/errors.ts'
import { showValue } from '../core/show-value.ts'
import { healthShapes } from './health-shape.ts'

const RULES: Readonly<
  Record<string, readonly [accepts: (value: unknown) => boolean, words: string]>
> = {
  shape: [
    (value) => typeof value === 'function' || Object.hasOwn(healthShapes, value as PropertyKey),
    `${Object.keys(healthShapes).join(', ')} or a function`,
  ],
  checks: [
    (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
    'a list of names',
  ],
  messages: [(value) => typeof value === 'boolean', 'true or false'],
  version: [(value) => typeof value === 'string', 'a text'],
}

/**
 * Refuses options of a handler that could only be a mistake: with a misspelt `messages: false` all of them would be shown.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, with every one of them
 */
export function checkAnswerOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError([
      `the options of a health handler must be an object; got ${showValue(options)}`,
    ])
  }
  const problems = Object.entries(options).flatMap(([name, value]) => {
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
    if (!rule) {
      const nearest = nearestName(name, Object.keys(RULES))
      const instead = nearest === undefined ? '' : `; did you mean "${nearest}"?`
      return [`a health handler has no option "${name}"${instead}`]
    }
    const [accepts, words] = rule
    if (value === undefined || accepts(value)) return []
    return [`"${name}" must be ${words}; got ${showValue(value)}`]
  })
  if (problems.length > 0) throw new ConfigError(problems)
}
