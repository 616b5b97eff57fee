type IsSecretName = (name: string) => boolean

/** Private parts of a JSON Web Key (RFC 7518, section 6). */
const OF_KEYS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']

/** Beside one of these `pass` is no verb. */
const OF_LOGINS = ['user', 'username', 'login']

/** Where the name of a value stands beside it, as in a list of headers or variables. */
const NAMES = ['name', 'key', 'header']

/** Without one of these among its members there is nothing that {@link secretBySiblings} would find. */
export const TELLING_SIBLINGS: readonly string[] = ['args', 'kty', 'pass', 'value']

/** Members that are secret by what stands beside them, whatever they are called; nothing when there are none. */
export function secretBySiblings(
  value: object,
  isSecretName: IsSecretName,
): ReadonlySet<string> | undefined {
  const has = (name: string): boolean => Object.hasOwn(value, name)
  const text = (name: string): string | undefined => {
    const member = has(name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
    return typeof member === 'string' ? member : undefined
  }
  if (text('kty') !== undefined) return new Set(OF_KEYS)
  if (has('pass') && OF_LOGINS.some(has)) return new Set(['pass'])
  // As the errors of ioredis quote the command that failed.
  if (has('args') && isSecretName(text('name') ?? '')) return new Set(['args'])
  if (has('value') && NAMES.some((name) => isSecretName(text(name) ?? '')))
    return new Set(['value'])
  return undefined
}

/** Items that are secret by what stands before them: values in a list of pairs or of options, the lines of a private key. */
export function secretByNeighbours(
  items: readonly unknown[],
  isSecretName: IsSecretName,
): ReadonlySet<number> | undefined {
  let hidden: Set<number> | undefined
  const arePairs = items.length > 0 && items.every(isPair)
  let isInKey = false
  for (const [index, item] of items.entries()) {
    if (arePairs && isSecretName((item as [string])[0])) (hidden ??= new Set()).add(index)
    if (typeof item !== 'string') continue
    if (isValueOfOption(item, items[index - 1], isSecretName)) (hidden ??= new Set()).add(index)
    if (isInKey) (hidden ??= new Set()).add(index)
    if (BEGIN.test(item)) isInKey = true
    if (END.test(item)) isInKey = false
  }
  return hidden
}

/** Items that are secret in a list of names and values in turns. */
export function secretByTurns(
  items: readonly unknown[],
  isSecretName: IsSecretName,
): ReadonlySet<number> | undefined {
  let hidden: Set<number> | undefined
  for (let index = 1; index < items.length; index += 2) {
    const name = items[index - 1]
    if (typeof name === 'string' && isSecretName(name)) (hidden ??= new Set()).add(index)
  }
  return hidden
}

/** Whether an argument of a command belongs to the option before it, as in `--password` and what follows. */
function isValueOfOption(item: string, before: unknown, isSecretName: IsSecretName): boolean {
  return (
    typeof before === 'string' &&
    before.startsWith('-') &&
    OPTION.test(before) &&
    !item.startsWith('-') &&
    isSecretName(before)
  )
}

const OPTION = /^--?(?!no-)[A-Za-z][\w-]{1,63}$/
const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY/

/** A name with its value. */
export function isPair(item: unknown): item is readonly [string, unknown] {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'string'
}
