/**
 * Where a word begins, for a pattern: also behind what is encoded in an address, as in `%20word`, and behind the letter of an
 * escape, as in `\nword`.
 */
export const WORD_START = '(?:(?<![A-Za-z0-9])|(?<=%(?:25)?[\\dA-Fa-f]{2}|\\\\[nrt]))'
