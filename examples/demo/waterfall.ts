import { cut, type Paint, plain } from '../support/terminal.ts'
import type { Span } from '../support/traces.ts'

/** How wide to draw, and in which colours. */
export interface WaterfallOptions {
  readonly width: number
  readonly paint?: Paint
}

/** Draws a trace: one line for each span, children below their parent, bars on a common time axis. */
export function drawWaterfall(
  spans: readonly Span[],
  { width, paint = plain }: WaterfallOptions,
): string[] {
  const rows = toRows(spans)
  const start = Math.min(...spans.map((span) => span.startMillis))
  const end = Math.max(...spans.map((span) => span.endMillis))
  const labelWidth = Math.min(
    Math.max(...rows.map(({ branch, label }) => branch.length + label.length)),
    Math.floor(width * 0.5),
  )
  const barWidth = Math.max(10, width - labelWidth - DURATION_WIDTH - 4)
  const scale = barWidth / Math.max(end - start, 0.001)

  return rows.map(({ span, branch, label }) => {
    const name = cut(label, labelWidth - branch.length).padEnd(labelWidth - branch.length)
    const duration = formatMillis(span.endMillis - span.startMillis).padStart(DURATION_WIDTH)
    const bar = drawBar((span.startMillis - start) * scale, (span.endMillis - start) * scale)
    const style = span.isError ? 'red' : styles[span.kind]
    return [
      paint('dim', branch) + (span.isError ? paint('red', name) : name),
      paint('dim', duration),
      paint(style, bar),
    ].join('  ')
  })
}

/** Writes a duration with three significant digits or so: `0.42 ms`, `61.3 ms`, `1.20 s`. */
export function formatMillis(millis: number): string {
  if (millis >= 1_000) return `${(millis / 1_000).toFixed(2)} s`
  return `${millis.toFixed(millis >= 10 ? 1 : 2)} ms`
}

const DURATION_WIDTH = 8
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const styles = {
  server: 'cyan',
  client: 'blue',
  internal: 'magenta',
  producer: 'yellow',
  consumer: 'yellow',
} as const

// From the first cell it touches; the last cell is filled by eighths. Never invisible.
function drawBar(from: number, to: number): string {
  const first = Math.floor(from)
  const eighths = Math.max(1, Math.round((to - first) * 8))
  return ' '.repeat(first) + '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

interface Row {
  readonly span: Span
  readonly branch: string
  readonly label: string
}

function toRows(spans: readonly Span[]): Row[] {
  const children = toChildren(spans)
  const rows: Row[] = []
  const add = (span: Span, indent: string, isLast: boolean, parent: Span | undefined): void => {
    const branch = parent ? `${indent}${isLast ? '└─ ' : '├─ '}` : ''
    // The service is named where it changes; repeating it on each line would hide that.
    const isNewService = span.service !== parent?.service
    rows.push({ span, branch, label: isNewService ? `${span.service}: ${span.name}` : span.name })
    const below = children.get(span.spanId) ?? []
    const deeper = parent ? `${indent}${isLast ? '   ' : '│  '}` : ''
    for (const child of below) add(child, deeper, child === below.at(-1), span)
  }
  for (const root of children.get(undefined) ?? []) add(root, '', true, undefined)
  return rows
}

// By the parent's id, in order of time.
function toChildren(spans: readonly Span[]): Map<string | undefined, Span[]> {
  const known = new Set(spans.map((span) => span.spanId))
  const children = new Map<string | undefined, Span[]>()
  for (const span of [...spans].sort((a, b) => a.startMillis - b.startMillis)) {
    // A parent that is not there (it was never sent, or not yet) makes the span a root.
    const parent = known.has(span.parentSpanId ?? '') ? span.parentSpanId : undefined
    children.set(parent, [...(children.get(parent) ?? []), span])
  }
  return children
}
