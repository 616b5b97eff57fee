import { nearestName } from '../config/nearest-name.ts'
import { ConfigError } from '../core/errors.ts'
import { showValue } from '../core/show-value.ts'

type Rule = readonly [accepts: (value: unknown) => boolean, words: string]

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const listOf =
  (accepts: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(accepts)
const isFunction: Rule = [(value) => typeof value === 'function', 'a function']
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const isSet = (value: unknown): boolean => typeof value === 'object' && value !== null
/** What RFC 9110 calls a token. */
const HEADER = /^[\w!#$%&'*+.^`|~-]+$/

const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 999
const isPath = (value: unknown): boolean => isText(value) && (value as string).startsWith('/')
const isFeed = (value: unknown): boolean =>
  isSet(value) &&
  ['started', 'finished'].some(
    (name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function',
  )

type Rules = Readonly<Record<string, Rule>>

const RULES: Rules = {
  requestIdHeader: [
    (value) => typeof value === 'string' && HEADER.test(value),
    'a name of a header',
  ],
  user: isFunction,
  tenant: isFunction,
  ignore: isFunction,
  route: isFunction,
  metrics: [listOf(isFeed), 'a list of what countRequests() and its like give'],
  unmatchedRoute: [
    (value) => typeof value === 'string' || typeof value === 'function',
    'a word or a function',
  ],
  accessLog: [(value) => value === false || isSet(value), 'false or settings'],
  errorLog: [isFlag, 'true or false'],
  securityEvents: [isSet, 'settings'],
}

const COMPONENT: Rule = [isText, 'a name']

/** What stands within two of them. */
const WITHIN: Readonly<Record<string, Rules>> = {
  accessLog: {
    component: COMPONENT,
    start: [isFlag, 'true or false'],
    format: isFunction,
  },
  securityEvents: {
    component: COMPONENT,
    statuses: [listOf(isStatus), 'a list of numbers from 100 to 999'],
    paths: [listOf(isPath), 'a list of beginnings of paths, such as /api/v1/auth/'],
  },
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
  const problems = problemsOf(options, RULES, { also: PROXIES, unchecked: UNCHECKED })
  for (const [name, rules] of Object.entries(WITHIN)) {
    const within = (options as Readonly<Record<string, unknown>>)[name]
    if (isSet(within)) problems.push(...problemsOf(within as object, rules, { within: name }))
  }
  if (problems.length > 0) throw new ConfigError(problems)
}

function problemsOf(
  options: object,
  rules: Rules,
  place: {
    readonly within?: string
    readonly also?: readonly string[]
    readonly unchecked?: ReadonlySet<string>
  },
): string[] {
  const { within, also = [], unchecked } = place
  const start = within === undefined ? '' : `${within}.`
  return Object.entries(options).flatMap(([name, value]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule) {
      const [accepts, words] = rule
      if (value === undefined || accepts(value)) return []
      return [`"${start}${name}" must be ${words}; got ${showValue(value)}`]
    }
    if (unchecked?.has(name)) return []
    const nearest = nearestName(name, [...Object.keys(rules), ...also])
    return [
      `${within === undefined ? 'HTTP telemetry' : `"${within}"`} has no option "${name}"${nearest ? `; did you mean "${nearest}"?` : ''}`,
    ]
  })
}
