import { runDemo } from './demo/run-demo.ts'
import { createTerminal } from './support/terminal.ts'

const isKept = process.argv.includes('--keep')
const terminal = createTerminal(process.stdout, process.env)
// Everything that has to be closed, however this ends.
const open = new AsyncDisposableStack()
const interrupted = new Promise<number>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(130))
})
// Nothing that runs beside us keeps this process alive; waiting for Ctrl-C must.
setInterval(() => {}, 60_000)

try {
  process.exitCode = await Promise.race([runDemo(terminal, open, isKept), interrupted])
  if (isKept && process.exitCode === 0) await interrupted
} catch (error) {
  terminal.line(terminal.paint('red', error instanceof Error ? error.message : String(error)))
  process.exitCode = 1
}
terminal.line(terminal.paint('dim', 'stopping everything that was started …'))
await open.disposeAsync()
// An interrupted demo may still be waiting for something.
process.exit()
