import { nearestName } from '../config/nearest-name.ts'
import { ConfigError } from '../core/errors.ts'
import { showValue } from '../core/show-value.ts'

type Rule = readonly [accepts: (value: unknown) => boolean, words: string]

const isFunction: Rule = [(value) => typeof value === 'function', 'a function']
const isSet = (value: unknown): boolean => typeof value === 'object' && value !== null
/** What RFC 9110 calls a token. */
const HEADER = /^[\w!#$%&'*+.^`|~-]+$/

const RULES: Readonly<Record<string, Rule>> = {
  requestIdHeader: [
    (value) => typeof value === 'string' && HEADER.test(value),
    'a name of a header',
  ],
  user: isFunction,
  tenant: isFunction,
  ignore: isFunction,
  route: isFunction,
  metrics: [Array.isArray, 'a list of what countRequests() and its like give'],
  unmatchedRoute: [
    (value) => typeof value === 'string' || typeof value === 'function',
    'a word or a function',
  ],
  accessLog: [(value) => value === false || isSet(value), 'false or settings'],
  securityEvents: [isSet, 'settings'],
}

/** Checked where they are used. */
const PROXIES = ['trustedProxies', 'forwardedEntry']

/** Also what Fastify's own `register()` takes from the options of a plug-in. */
const UNCHECKED = new Set([...PROXIES, 'prefix', 'logLevel', 'logSerializers'])

/**
 * Refuses options that could only be a mistake: a misspelt `trustedProxies` would be believed to be in force.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, with every one of them
 */
export function checkHttpOptions(options: object): void {
  const known = [...Object.keys(RULES), ...PROXIES]
  const problems = Object.entries(options).flatMap(([name, value]) => {
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
    if (rule) {
      const [accepts, words] = rule
      if (value === undefined || accepts(value)) return []
      return [`"${name}" must be ${words}; got ${showValue(value)}`]
    }
    if (UNCHECKED.has(name)) return []
    const nearest = nearestName(name, known)
    return [
      `HTTP telemetry has no option "${name}"${nearest ? `; did you mean "${nearest}"?` : ''}`,
    ]
  })
  if (problems.length > 0) throw new ConfigError(problems)
}
