import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DatabaseError } from 'pg'
import { type Attack, type Deed, isAt, type Place } from './attack.ts'
import { type CopySource, copyTrail, type TrailCopy } from './trail-copy.ts'

/** What became of an attack. */
export interface Outcome {
  readonly attack: string
  readonly as: Attack['as']
  /** Refused by PostgreSQL, or red at `verify`. */
  readonly detected: boolean
  /** Whether the verdict named the right place first; nothing is bad where the attack was refused. */
  readonly firstBadRecordRight: boolean
  /** What PostgreSQL said, where it refused. */
  readonly refused?: string
  /** What the verdict said first. */
  readonly first?: Place & { readonly message?: string }
}

/** What `telltale audit verify --json` prints, as far as it is looked at here. */
export interface Verdict {
  readonly verdict: 'green' | 'amber' | 'red'
  readonly first?: Place & { readonly message?: string }
}

/** Commits one attack on a copy of the trail and has it verified. */
export async function runAttack(
  attack: Attack,
  source: CopySource,
  copyName: string,
): Promise<Outcome> {
  await using copy = await copyTrail(source, copyName)
  const told = { attack: attack.name, as: attack.as }
  let deed: Deed
  try {
    deed = await attack.commit(copy, await copy.connect(attack.as))
  } catch (error) {
    // Only a refusal counts: an attack that failed for another reason has shown nothing.
    if (error instanceof DatabaseError && error.code === '42501') {
      return { ...told, detected: true, firstBadRecordRight: true, refused: error.message }
    }
    throw new Error(`the attack "${attack.name}" could not be committed`, { cause: error })
  }
  const { verdict, first } = await verify(copy, deed.verifyArguments)
  const detected = verdict === 'red'
  return {
    ...told,
    detected,
    firstBadRecordRight: detected && isAt(first, deed.first),
    ...(first && { first }),
  }
}

/** Runs the command that an auditor would. */
export async function verify(copy: TrailCopy, more: readonly string[] = []): Promise<Verdict> {
  const cli = fileURLToPath(new URL('../../dist/cli/telltale.js', import.meta.url))
  const args = [cli, 'audit', 'verify', '--postgres', copy.url, '--checkpoints', copy.checkpoints]
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [...args, '--public-key', copy.publicKey, '--json', ...more],
      { maxBuffer: 64 * 1_024 * 1_024, timeout: 120_000 },
      (error, stdout, stderr) => {
        // 1 and 2 are verdicts; everything else is a failure to check.
        if (error && error.code !== 1 && error.code !== 2)
          reject(new Error(stderr, { cause: error }))
        else resolve(stdout)
      },
    )
  })
  return JSON.parse(output) as Verdict
}

/** Has the trail verified as it was filled, the second witness included. */
export async function verifyUntouched(source: CopySource): Promise<Verdict> {
  await using copy = await copyTrail(source, 'tamper_untouched')
  // Awaited here, because the copy is removed when this function ends.
  return await verify(copy, ['--loki', copy.lokiUrl])
}
