/** Words of PromQL that stand where a metric's name could. */
const WORDS =
  /^(?:and|or|unless|by|without|on|ignoring|group_left|group_right|offset|bool|atan2|inf|nan)$/i

/** The metrics that an expression of PromQL asks for. */
export function promqlNames(expression: string): string[] {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\$\w+/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi, ' ')
    .replaceAll(/\boffset\s+\w+/gi, ' ')
  const names = [...bare.matchAll(/(?<![\w.])[a-zA-Z_:][\w:]*(?!\s*\(|\w)/g)].map(([name]) => name)
  return [...new Set(names.filter((name) => !WORDS.test(name)))]
}
