/** Characters of a value that need not be whole. */
const MAX_SHORT = 100

/** A value in a message, as JSON where that can say it; whatever it is, it must not stop the message. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'bigint') return `${value}n`
  // JSON knows neither NaN nor an infinity.
  if (typeof value === 'number') return String(value)
  try {
    return JSON.stringify(value, toShown) ?? typeof value
  } catch {
    return typeof value
  }
}

/** The same, cut where enough of it is there to know it again. */
export function showShort(value: unknown): string {
  return showValue(value).slice(0, MAX_SHORT)
}

/** The same within a list or an object. */
function toShown(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
