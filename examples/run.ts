import { createTerminal } from './support/terminal.ts'
import { parseArgs } from 'node:util'
import { runExamples } from './support/run-examples.ts'
import type { Example } from './support/stage.ts'

/** The five systems, in the order of their letters. */
const NAMES = ['certificate-api', 'rewards-api', 'platform', 'wallet-backend', 'course-platform']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
})
// Only the result goes to stdout when a program reads it.
const terminal = createTerminal(values.json ? process.stderr : process.stdout, process.env)
const open = new AsyncDisposableStack()
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => reject(new Error(`ended by ${signal}`)))
  }
})
// Nothing that runs beside us keeps this process alive.
setInterval(() => {}, 60_000)

try {
  process.exitCode = await Promise.race([main(), interrupted])
} catch (error) {
  terminal.line(terminal.paint('red', error instanceof Error ? error.message : String(error)))
  process.exitCode = 1
}
terminal.line(terminal.paint('dim', 'stopping everything that was started …'))
await open.disposeAsync()
process.exit()

async function main(): Promise<number> {
  const wanted = values.all ? NAMES : positionals
  const unknown = wanted.filter((name) => !NAMES.includes(name))
  if (wanted.length === 0 || unknown.length > 0) {
    terminal.line(`npm run example -- NAME, one of ${NAMES.join(', ')}; npm run examples for all`)
    return 1
  }
  const examples = await Promise.all(wanted.map(load))
  const findings = await runExamples(examples, { terminal, open })
  if (values.json) console.log(JSON.stringify(findings, undefined, 2))
  const missing = findings.filter(({ found }) => !found).length
  terminal.line(`\n${findings.length - missing} of ${findings.length} found, ${missing} missing`)
  return missing === 0 ? 0 : 1
}

async function load(name: string): Promise<Example> {
  const { example } = (await import(`./${name}/scenario.ts`)) as { readonly example: Example }
  return example
}
