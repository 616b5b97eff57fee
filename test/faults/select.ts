import { type Fault, places } from './fault.ts'

/**
 * The faults that names on the command line mean: a fault, or a place with all of its faults.
 *
 * @returns what is wrong with the names, as text, when one means nothing
 */
export function select(faults: readonly Fault[], names: readonly string[]): Fault[] | string {
  const known: readonly string[] = [...places, ...faults.map(({ name }) => name)]
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    return `no fault ${unknown.join(', ')}; there are ${known.join(', ')}`
  }
  return faults.filter(
    ({ name, where }) => names.length === 0 || names.includes(name) || names.includes(where),
  )
}
