/** How one option is named in the environment, defaulted and checked. */
export interface Setting<T> {
  /** Environment variable that sets it; the first one present counts. */
  readonly env: readonly string[]
  readonly default: T
  /** What a value must be, to follow "must be" in a message. */
  readonly rule: string
  /** Never shown; prints as `[hidden]`. */
  readonly secret: boolean
  /** Turns the text of a variable into a value to be checked. */
  readonly parse: (text: string) => unknown
  readonly accepts: (value: unknown) => boolean
  /** Pairs from code are added to those from the environment, and win over them one by one. */
  readonly merges?: boolean
}

/** One setting for every option, and no option forgotten. */
export type SettingsOf<Options> = {
  readonly [Key in keyof Required<Options>]: Setting<Exclude<Options[Key], undefined> | undefined>
}

/** Options once they are settled: those with a default are always there. */
export type Settled<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never
}

interface Common<T> {
  readonly env?: string | readonly string[]
  readonly default: T
  readonly secret?: boolean
}

/** Any text; `rule` and `accepts` narrow it. */
export function text<T extends string | undefined>(
  options: Common<T> & { rule?: string; accepts?: (value: string) => boolean },
): Setting<T> {
  const { rule = 'a text that is not empty', accepts = (value) => value !== '' } = options
  return make(
    options,
    rule,
    (read) => read,
    (value) => typeof value === 'string' && accepts(value),
  )
}

/** A whole number from `min` to `max`. */
export function wholeNumber(
  options: Common<number> & { min: number; max?: number },
): Setting<number> {
  const { min, max = Number.MAX_SAFE_INTEGER } = options
  const rule =
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`
  return make(
    options,
    rule,
    (read) => (/^[+-]?\d+$/.test(read) ? Number(read) : read),
    (value) =>
      // A limit may be given as what it is without: Infinity.
      (value === Infinity && options.default === Infinity) ||
      (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max),
  )
}

/** The longest that a timer of Node.js can wait; beyond it, it would not wait at all. */
const MAX_TIMER_MILLIS = 2 ** 31 - 1

/** A time in milliseconds, of at least `min`. */
export function millis(options: Common<number> & { min: number }): Setting<number> {
  // Somewhat less than a timer can do: some waits add a little to what is set.
  return wholeNumber({ ...options, max: MAX_TIMER_MILLIS - 1_000 })
}

/** `true` or `false`. */
export function flag(options: Common<boolean>): Setting<boolean> {
  return make(options, 'true or false', parseFlag, (value) => typeof value === 'boolean')
}

function parseFlag(read: string): unknown {
  const word = read.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : read
}

/** The same setting without a default: unset stays `undefined`. */
export function optional<T>(setting: Setting<T>): Setting<T | undefined> {
  return { ...setting, default: undefined }
}

/** One of the listed words. */
export function oneOf<const T extends string>(
  words: readonly T[],
  options: Common<NoInfer<T>>,
): Setting<T> {
  return make(
    options,
    `one of ${words.join(', ')}`,
    (read) => read.toLowerCase(),
    (value) => words.includes(value as T),
  )
}

/** Words divided by commas; each one of `words`, when these are given; `rule` and `accepts` narrow them otherwise. */
export function list<T extends readonly string[] | undefined>(
  options: Common<T> & {
    words?: readonly string[]
    rule?: string
    accepts?: (word: string) => boolean
  },
): Setting<T> {
  const { words } = options
  const {
    rule = words ? `a list of ${words.join(', ')}` : 'a list of names',
    accepts = (word) => !words || words.includes(word),
  } = options
  return make(
    options,
    rule,
    (read) => {
      const given = read.split(',').map((word) => word.trim())
      const filled = given.filter((word) => word !== '')
      // Only commas is no list: an empty one would turn off what nobody meant to.
      return filled.length > 0 ? filled : read
    },
    (value) =>
      Array.isArray(value) && value.every((word) => typeof word === 'string' && accepts(word)),
  )
}

/** An absolute http or https URL. */
export function httpUrl<T extends string | undefined>(options: Common<T>): Setting<T> {
  return text({
    ...options,
    rule: 'an http:// or https:// URL',
    accepts: (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
  })
}

/**
 * Pairs `key=value,key=value`, percent-encoded, as OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS have them.
 *
 * @see https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export function keyValues<T extends Readonly<Record<string, string>> | undefined>(
  options: Common<T>,
): Setting<T> {
  const setting = make<T>(
    options,
    'pairs key=value, divided by commas',
    (read) => parsePairs(read) ?? read,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((word) => typeof word === 'string'),
  )
  return { ...setting, merges: true }
}

function parsePairs(read: string): Record<string, string> | undefined {
  const pairs: Record<string, string> = Object.create(null)
  for (const part of read.split(',')) {
    if (part.trim() === '') continue
    const at = part.indexOf('=')
    const key = part.slice(0, Math.max(at, 0)).trim()
    if (key === '') return undefined
    try {
      pairs[decodeURIComponent(key)] = decodeURIComponent(part.slice(at + 1).trim())
    } catch {
      return undefined
    }
  }
  return pairs
}

function make<T>(
  common: Common<T>,
  rule: string,
  parse: (text: string) => unknown,
  accepts: (value: unknown) => boolean,
): Setting<T> {
  const env = common.env === undefined ? [] : [common.env].flat()
  return { env, default: common.default, rule, secret: common.secret ?? false, parse, accepts }
}
