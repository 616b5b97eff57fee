/**
 * What all copies of this package in the process have in common: that of an application, and that of a library which has its own
 * in its node_modules, perhaps of another version. Whoever asks first makes it.
 *
 * It is a contract between versions: plain data and functions of plain data. Whoever changes its shape raises `contract`; copies
 * that do not know each other's then have nothing in common, as before, and nothing breaks.
 *
 * @param name - of the part, such as `health`
 * @see docs/decisions/0025-two-copies-share-what-is-answered.md
 */
export function sharedByCopies<Value extends object>(
  name: string,
  contract: number,
  make: () => Value,
): Value {
  const key = Symbol.for(`telltale.${name}.${contract}`)
  const found = (globalThis as { [key: symbol]: unknown })[key]
  if (typeof found === 'object' && found !== null) return found as Value
  const value = make()
  try {
    Object.defineProperty(globalThis, key, { value, configurable: true })
  } catch {
    // A frozen global object: each copy is alone.
  }
  return value
}
