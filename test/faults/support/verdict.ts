import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import type { Verdict } from '../fault.ts'

/** What the verifier says of a whole trail. */
export interface Judgement {
  readonly verdict: Verdict
  /** Why it is not green. */
  readonly reason?: string
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const CLI = join(ROOT, 'dist/cli/telltale.js')

/** Red and what could not be checked do not get better by waiting; amber does, when a checkpoint comes. */
const BETWEEN_LOOKS_MILLIS = 2_000

/**
 * Runs `telltale audit verify` with the stack's checkpoints until it is green or the time is over.
 *
 * A Collector that was killed leaves seals beyond its last checkpoint; another one signs for them after a minute.
 */
export async function judge(addresses: StackAddresses, withinMillis: number): Promise<Judgement> {
  const deadline = performance.now() + withinMillis
  for (;;) {
    const judgement = await verify(addresses)
    const mayChange = judgement.verdict === 'amber'
    if (!mayChange || performance.now() >= deadline) return judgement
    await sleep(BETWEEN_LOOKS_MILLIS)
  }
}

async function verify(addresses: StackAddresses): Promise<Judgement> {
  const { postgres, checkpoints, checkpointPublicKey } = addresses
  const output = await run([
    'audit',
    'verify',
    '--json',
    `--postgres=${postgres}`,
    `--checkpoints=${checkpoints}`,
    ...(checkpointPublicKey ? [`--public-key=${checkpointPublicKey}`] : []),
  ])
  const answer = parse(output.stdout)
  const verdict = answer?.['verdict']
  if (verdict === 'green') return { verdict }
  const reason = JSON.stringify(answer ?? output.stderr.slice(0, 300)).slice(0, 400)
  if (verdict === 'amber' || verdict === 'red') return { verdict, reason }
  return { verdict: 'unchecked', reason }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The exit code is in the answer already; what cannot be run at all has no answer. */
async function run(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [CLI, ...args],
      { maxBuffer: 64 * 2 ** 20, timeout: 300_000 },
      (error, stdout, stderr) => {
        resolve({ stdout, stderr: stderr || (error?.message ?? '') })
      },
    )
  })
}
