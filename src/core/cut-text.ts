/** The first `length` characters of a text at the most, without half a sign at the end. A text that was cut is one of its own. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  const isHalf = length > 0 && (text.charCodeAt(length - 1) & 0xfc00) === 0xd800
  return ownText(text.slice(0, isHalf ? length - 1 : length))
}

/** Below that V8 copies what is a part of another text. */
const SHORTEST_PART = 13

/** The same text, not as a part of another one: what V8 gives for a part holds the whole in memory. */
export function ownText(text: string): string {
  if (text.length < SHORTEST_PART) return text
  // UTF-16 would make every character of it, and of all texts that it is joined with, two bytes long.
  const encoding = Buffer.byteLength(text) === text.length ? 'latin1' : 'utf16le'
  return Buffer.from(text, encoding).toString(encoding)
}
