export { markdownTable } from '../src/core/markdown-table.ts'

const NOTICE = '<!-- Made from the code by `npm run docs`. Change it there. -->'

/** A page under its title, with the notice that it is made. */
export function page(title: string, ...parts: readonly string[]): string {
  return `${[NOTICE, `# ${title}`, ...parts].join('\n\n')}\n`
}

/** A default as the tables show it. */
export function toDefault(value: unknown): string {
  if (value === undefined) return 'unset'
  if (value === Infinity) return 'no limit'
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : `\`${value.join(',')}\``
  if (typeof value === 'object') return 'empty'
  return `\`${value as string | number | boolean}\``
}
