/** A table in Markdown with its columns aligned, as formatters have it. */
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
