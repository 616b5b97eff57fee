/** The first `length` characters of a text at the most, without half a sign at the end. A text that was cut is one of its own. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  const isHalf = length > 0 && (text.charCodeAt(length - 1) & 0xfc00) === 0xd800
  return ownText(text.slice(0, isHalf ? length - 1 : length))
}

/** The same text, not as a part of another one: what V8 gives for a part holds the whole in memory. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
