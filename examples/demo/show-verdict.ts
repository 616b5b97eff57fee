import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { eventually } from '../support/eventually.ts'
import type { Terminal } from '../support/terminal.ts'

interface Verdict {
  readonly verdict: string
  readonly records: number
  readonly checkpoints: number
  readonly pending: { readonly records: number }
  readonly first: { readonly message: string } | null
}

/**
 * Has the trail verified by the command that an auditor would run, once a signed checkpoint covers it.
 *
 * @throws {Error} unless the verdict is green
 */
export async function showVerdict(terminal: Terminal, addresses: StackAddresses): Promise<void> {
  const { postgresAuditor, checkpoints, checkpointPublicKey } = addresses
  const args = ['audit', 'verify', '--postgres', postgresAuditor, '--checkpoints', checkpoints]
  const key = ['--public-key', checkpointPublicKey ?? '']
  // The Collector signs every five seconds.
  const verdict = await eventually(
    'a checkpoint that covers all records',
    async () => verify([...args, ...key]),
    ({ verdict: found, pending }) => found === 'red' || pending.records === 0,
    { withinMillis: 30_000 },
  )
  const { paint } = terminal
  terminal.heading('Proof', 'npx telltale audit verify --postgres … --checkpoints … --public-key …')
  terminal.line(
    `  ${paint(verdict.verdict === 'green' ? 'green' : 'red', verdict.verdict)}: ${verdict.records} records under signed ` +
      `checkpoints; ${verdict.first?.message ?? 'none is missing, doubled or altered'}`,
  )
  if (verdict.verdict !== 'green') throw new Error(`the audit trail is ${verdict.verdict}`)
}

async function verify(args: readonly string[]): Promise<Verdict> {
  const cli = fileURLToPath(new URL('../../dist/cli/telltale.js', import.meta.url))
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...args, '--json'], (error, stdout, stderr) => {
      // 1 and 2 are verdicts, with the same output.
      if (error && error.code !== 1 && error.code !== 2) reject(new Error(stderr, { cause: error }))
      else resolve(JSON.parse(stdout) as Verdict)
    })
  })
}
