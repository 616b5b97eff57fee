/** Signs that a terminal obeys instead of showing them, and those that turn the direction of writing round. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const COMMANDS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * A text on one line that shows everything in it: what came with a record may be made to clear the screen of whoever looks
 * at it, or to write a verdict of its own there. The escapes are those of JSON.
 */
export function printable(text: string): string {
  return text.replaceAll(
    COMMANDS,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
