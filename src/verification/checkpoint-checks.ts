import {
  type Checkpoint,
  isSigned,
  noteHash,
  parseCheckpoint,
  type VerifierKey,
} from './checkpoint.ts'
import type { CheckpointLine } from './checkpoint-files.ts'
import { CHECKS, type CheckName, type CheckSet } from './checks.ts'
import type { Finding } from './problems.ts'

/** The checkpoints of each sealer that may be relied on, the smallest first. */
export type Checkpoints = ReadonlyMap<string, readonly Checkpoint[]>

/** What came of reading checkpoints. */
export interface ReadCheckpoints {
  readonly trusted: Checkpoints
  /** How many lines there were. */
  readonly count: number
}

/** So many notes of one chain are held until a signature over the last of them answers for all. */
const MAX_CHAIN = 512

/**
 * Checks checkpoints against the keys and against each other.
 *
 * Each note names the hash of the one before, so a right signature over the last of a chain is one over all of it; only when it
 * is wrong is each looked at alone.
 *
 * @param onNote - told the hash of each note
 */
export async function checkCheckpoints(
  lines: AsyncIterable<CheckpointLine> | Iterable<CheckpointLine>,
  keys: readonly VerifierKey[],
  checks: CheckSet,
  find: (finding: Finding) => void,
  onNote: (hash: string) => void = () => {},
): Promise<ReadCheckpoints> {
  const trusted = new Map<string, Checkpoint[]>()
  let count = 0
  let chain: Chained[] = []
  const say = (check: CheckName, line: CheckpointLine, message: string, time?: number): void => {
    if (!checks.has(check)) return
    find({
      rule: CHECKS[check],
      sealer: line.sealer,
      ...(time !== undefined && { recordedAt: BigInt(time) * 1_000n }),
      message: `${line.file}, line ${line.line}: ${message}`,
    })
  }
  const settleChain = (): void => {
    const last = chain.at(-1)
    const isWhole = last !== undefined && isSigned(last.note, keys)
    for (const { line, note, checkpoint } of chain) {
      if (isWhole || isSigned(note, keys)) {
        const log = trusted.get(checkpoint.sealer)
        if (log) log.push(checkpoint)
        else trusted.set(checkpoint.sealer, [checkpoint])
      } else {
        const message = 'it has no valid signature by one of the given keys'
        say('checkpoint-signature', line, message, checkpoint.time)
      }
    }
    chain = []
  }
  let file: string | undefined
  let before: Chained | undefined
  for await (const line of lines) {
    count += 1
    if (line.file !== file) before = undefined
    file = line.file
    const { note } = line
    const checkpoint = note === undefined ? undefined : parseCheckpoint(note)
    if (note === undefined || !checkpoint) {
      say('checkpoint-readable', line, 'it is no checkpoint')
      continue
    }
    const { time } = checkpoint
    if (checkpoint.sealer !== line.sealer) {
      say('checkpoint-log', line, `it is of the log of ${checkpoint.sealer}`, time)
    }
    const follows = checkpoint.previous === (before?.hash ?? '-')
    if (!follows) {
      const rule = before
        ? 'it does not follow the one before it'
        : 'it is not the first of its log'
      say('checkpoint-previous', line, rule, time)
    }
    const earlier = before?.checkpoint
    if (earlier && (checkpoint.size < earlier.size || time < earlier.time)) {
      const rule = `its log shrank, from ${earlier.size} seals to ${checkpoint.size}`
      say('checkpoint-growth', line, rule, time)
    }
    if (earlier?.state === 'closed') {
      say('checkpoint-after-closed', line, 'it comes after the one that closed its log', time)
    }
    if (!before || !follows || chain.length >= MAX_CHAIN) settleChain()
    before = { line, note, checkpoint, hash: noteHash(note) }
    onNote(before.hash)
    chain.push(before)
  }
  settleChain()
  // A log may be in several files, and a forged one may go back.
  for (const log of trusted.values()) log.sort((a, b) => a.size - b.size || a.time - b.time)
  return { trusted, count }
}

interface Chained {
  readonly line: CheckpointLine
  readonly note: string
  readonly checkpoint: Checkpoint
  readonly hash: string
}

/** Checks that the files hold what a witness was sent. */
export function checkWitness(
  note: string,
  present: ReadonlySet<string>,
  keys: readonly VerifierKey[],
  checks: CheckSet,
  find: (finding: Finding) => void,
): void {
  // Anybody can write to Loki under this label; only what is signed bears witness.
  if (!checks.has('checkpoint-witness') || present.has(noteHash(note)) || !isSigned(note, keys)) {
    return
  }
  const [origin = '', size] = note.split('\n')
  find({
    rule: CHECKS['checkpoint-witness'],
    sealer: origin.slice('telltale/'.length),
    message: `the witness has a checkpoint of ${size} seals that the files lack`,
  })
}
