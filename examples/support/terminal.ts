import { styleText } from 'node:util'

/** How a piece of text can look. */
export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan' | 'blue' | 'magenta'

/** Gives a text a look, or leaves it as it is where there is no colour. */
export type Paint = (style: Style, text: string) => string

/** Where the demo writes. */
export interface Terminal {
  /** Columns that may be used. */
  readonly width: number
  readonly paint: Paint
  /** Writes one line. */
  readonly line: (text?: string) => void
  /** Writes the heading of a section, with a remark in quieter type. */
  readonly heading: (title: string, remark: string) => void
}

/** Text as it is. */
export const plain: Paint = (_style, text) => text

/** Makes a terminal of a stream: with colour only on a real one and without `NO_COLOR`. */
export function createTerminal(stream: NodeJS.WriteStream, variables: NodeJS.ProcessEnv): Terminal {
  const hasColour = stream.isTTY && !variables['NO_COLOR'] && variables['TERM'] !== 'dumb'
  const paint: Paint = hasColour
    ? (style, text) => styleText(style, text, { validateStream: false })
    : plain
  const line = (text = ''): void => {
    stream.write(`${text.trimEnd()}\n`)
  }
  return {
    width: Math.min(Math.max(stream.columns || 100, 60), 140),
    paint,
    line,
    heading: (title, remark) => {
      line()
      line(`${paint('bold', title)}  ${paint('dim', remark)}`)
    },
  }
}

/** Cuts a text to a number of columns; what is missing is shown by an ellipsis. */
export function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
}
