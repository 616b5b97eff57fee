const NOTICE = '<!-- Made from the code by `npm run docs`. Change it there. -->'

/** A page under its title, with the notice that it is made. */
export function page(title: string, ...parts: readonly string[]): string {
  return `${[NOTICE, `# ${title}`, ...parts].join('\n\n')}\n`
}

/** A table with its columns aligned, as the formatter has it. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const toLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const rule = toLine(widths.map((width) => '-'.repeat(width)))
  return [toLine(lines[0]!), rule, ...lines.slice(1).map(toLine)].join('\n')
}

/** A default as the tables show it. */
export function toDefault(value: unknown): string {
  if (value === undefined) return 'unset'
  if (value === Infinity) return 'no limit'
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : `\`${value.join(',')}\``
  if (typeof value === 'object') return 'empty'
  return `\`${value as string | number | boolean}\``
}
