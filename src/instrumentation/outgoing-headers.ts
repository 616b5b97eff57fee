/**
 * Headers of `node:http` as an object. A list of names and values in turns, such as `rawHeaders`, is one way to give them, which the
 * instrumentation copies like an object: its indexes would be sent as names, and what it says would be lost.
 *
 * @returns undefined for what is no such list
 */
export function headersOfList(list: unknown): Record<string, string | string[]> | undefined {
  if (!Array.isArray(list) || list.length % 2 !== 0) return undefined
  const items = list as readonly unknown[]
  const headers = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (let index = 0; index < items.length; index += 2) {
    const [name, value] = [items[index], items[index + 1]]
    // Node.js says what is wrong with it.
    if (typeof name !== 'string' || value === undefined || value === null) return undefined
    const key = name.toLowerCase()
    const header = headers.get(key) ?? { name, values: [] }
    header.values.push(...(Array.isArray(value) ? value : [value]).map(String))
    headers.set(key, header)
  }
  return Object.fromEntries(
    [...headers.values()].map(({ name, values }) => [
      name,
      values.length === 1 ? values[0]! : values,
    ]),
  )
}
