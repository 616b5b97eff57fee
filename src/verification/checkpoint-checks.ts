import { type Checkpoint, isSigned, noteHash, type VerifierKey } from './checkpoint.ts'
import type { CheckpointLine } from './checkpoint-files.ts'
import { CHECKS, type CheckName, type CheckSet } from './checks.ts'
import type { Finding } from './problems.ts'

/** The checkpoints of each sealer that may be relied on, the smallest first. */
export type Checkpoints = ReadonlyMap<string, readonly Checkpoint[]>

/** Checks the files of checkpoints against the keys and against themselves. */
export function checkCheckpoints(
  lines: readonly CheckpointLine[],
  keys: readonly VerifierKey[],
  checks: CheckSet,
  find: (finding: Finding) => void,
): Checkpoints {
  const logs = new Map<string, Checkpoint[]>()
  const trusted = (checkpoint: Checkpoint): void => {
    const log = logs.get(checkpoint.sealer)
    if (log) log.push(checkpoint)
    else logs.set(checkpoint.sealer, [checkpoint])
  }
  const before = new Map<string, Checkpoint>()
  for (const line of lines) {
    const { checkpoint, file, sealer } = line
    const say = (check: CheckName, message: string): void => {
      if (!checks.has(check)) return
      find({
        rule: CHECKS[check],
        sealer,
        ...(checkpoint && { recordedAt: BigInt(checkpoint.time) * 1000n }),
        message: `${file}, line ${line.line}: ${message}`,
      })
    }
    if (!checkpoint) {
      say('checkpoint-readable', 'it is no checkpoint')
      continue
    }
    if (checkpoint.sealer !== sealer) {
      say('checkpoint-log', `it is of the log of ${checkpoint.sealer}`)
    }
    const last = before.get(file)
    before.set(file, checkpoint)
    const expected = last ? noteHash(last.note) : '-'
    if (checkpoint.previous !== expected) {
      say(
        'checkpoint-previous',
        last ? 'it does not follow the one before it' : 'it is not the first of its log',
      )
    }
    if (last && (checkpoint.size < last.size || checkpoint.time < last.time)) {
      say('checkpoint-growth', `its log shrank, from ${last.size} seals to ${checkpoint.size}`)
    }
    if (last?.state === 'closed') {
      say('checkpoint-after-closed', 'it comes after the one that closed its log')
    }
    if (isSigned(checkpoint.note, keys)) {
      trusted(checkpoint)
    } else say('checkpoint-signature', 'it has no valid signature by one of the given keys')
  }
  // A log may be in several files, and a forged one may go back.
  for (const log of logs.values()) log.sort((a, b) => a.size - b.size || a.time - b.time)
  return logs
}

/** Checks that the files hold what a witness was sent. */
export function checkWitness(
  lines: readonly CheckpointLine[],
  witnessed: Iterable<string>,
  keys: readonly VerifierKey[],
  checks: CheckSet,
  find: (finding: Finding) => void,
): void {
  if (!checks.has('checkpoint-witness')) return
  const present = new Set(lines.map(({ note }) => note))
  for (const note of witnessed) {
    // Anybody can write to Loki under this label; only what is signed bears witness.
    if (present.has(note) || !isSigned(note, keys)) continue
    const [origin = '', size] = note.split('\n')
    find({
      rule: CHECKS['checkpoint-witness'],
      sealer: origin.slice('telltale/'.length),
      message: `the witness has a checkpoint of ${size} seals that the files lack`,
    })
  }
}
