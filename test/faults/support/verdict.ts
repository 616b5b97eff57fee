import { execFile } from 'node:child_process'
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

/** The part of what `telltale audit verify --json` prints that is used here. */
interface Answer {
  readonly verdict?: 'green' | 'amber' | 'red'
  readonly pending?: { readonly seals: number; readonly inFlight: number }
  readonly problems?: readonly { readonly rule: string; readonly message: string }[]
  readonly counts?: Readonly<Record<string, number>>
  /** Instead of the others, when nothing could be checked. */
  readonly error?: string
}

const CLI = fileURLToPath(new URL('../../../dist/cli/telltale.js', import.meta.url))
const BETWEEN_LOOKS_MILLIS = 2_000

/**
 * Runs `telltale audit verify` with the stack's checkpoints until it is green and nothing is pending, or time is over.
 *
 * A Collector that was killed leaves seals beyond its last checkpoint, which makes the trail amber; another one signs for
 * them after a minute. Red stays red.
 */
export async function judge(addresses: StackAddresses, withinMillis: number): Promise<Judgement> {
  const deadline = performance.now() + withinMillis
  for (;;) {
    const { answer, complaint } = await verify(addresses)
    const { verdict, pending } = answer
    const isSettled =
      verdict === undefined ||
      verdict === 'red' ||
      (verdict === 'green' && pending?.seals === 0 && pending.inFlight === 0)
    if (!isSettled && performance.now() < deadline) {
      await sleep(BETWEEN_LOOKS_MILLIS)
      continue
    }
    if (verdict === 'green') return { verdict }
    return { verdict: verdict ?? 'unchecked', reason: reasonOf(answer) ?? complaint }
  }
}

function reasonOf({ counts = {}, problems = [], error }: Answer): string | undefined {
  if (error !== undefined || problems.length === 0) return error
  const rules = Object.entries(counts).map(([rule, times]) => `${times} × ${rule}`)
  return `${rules.join(', ')}; ${problems.map(({ rule, message }) => `${rule}: ${message}`).join('; ')}`
}

async function verify({ postgres, checkpoints, checkpointPublicKey }: StackAddresses): Promise<{
  answer: Answer
  complaint: string
}> {
  const { stdout, stderr } = await run([
    'audit',
    'verify',
    '--json',
    `--postgres=${postgres}`,
    `--checkpoints=${checkpoints}`,
    ...(checkpointPublicKey ? [`--public-key=${checkpointPublicKey}`] : []),
  ])
  return { answer: parse(stdout), complaint: stderr.trim() }
}

function parse(text: string): Answer {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** The exit code is in the answer already; what cannot be run at all has no answer. */
async function run(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const options = { maxBuffer: 64 * 2 ** 20, timeout: 300_000 }
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
      resolve({ stdout, stderr: stderr || (error?.message ?? '') })
    })
  })
}
