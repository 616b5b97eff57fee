/** What is wrong when a rule is broken, and what to do about it. */
export const RULES = {
  'evidence-hash':
    'The evidence of the row was changed after it was hashed, or the hash was. Compare the row with a backup or an archive from before.',
  'evidence-canonical':
    'The Collector stores no such bytes: the row was written around it. Find out who can write to the database.',
  column:
    'A column was changed; the evidence still says what was recorded. Read the record with "telltale audit prove".',
  leaf: 'The row is not the one that was sealed: it was changed together with its hash, moved or added. Compare it with a backup or an archive.',
  'leaf-missing':
    'A record that was stored is gone. Look for it in a backup or an archive; if a backup was restored, see "Restoring a backup" in the guide for auditors.',
  seal: 'The seal was changed, or the rows were. Compare audit.seals with a backup.',
  'seal-missing':
    'A seal is gone, or a row was added under one that never was. Compare audit.seals with a backup.',
  log: 'The database does not hold what the checkpoint was signed for: rows and seals were rewritten, removed, or an older backup was restored. What the last matching checkpoint covers is unaltered.',
  'checkpoint-signature':
    'The checkpoint is not by a key that was given: it was forged or changed, or a public key is missing from --public-key.',
  'checkpoint-chain':
    'Checkpoints were removed, added or changed. Compare the file with the copy in Loki (--loki).',
  'checkpoint-witness':
    'The checkpoint file lacks what was sent to the witness: it was cut or rewritten.',
  'log-closed': 'Seals were added to a log after it had ended.',
  'stream-gap':
    'A record was recorded and never stored, or was removed. Ask the producer for its spool; see "telltale audit gaps".',
  'stream-fork':
    'Two records claim one place of a stream: one was added, or a spool was copied and used twice.',
  'stream-link':
    'The record is not the one that the next record of its stream was chained to: it was replaced.',
  annex:
    'Erasable details were removed without a record of the erasure, changed, or given to another record.',
  quarantine: 'A row of audit.quarantine was changed.',
  conflict: 'A row of audit.conflicts was changed.',
  view: 'The view for reading, or the function behind it, was changed: what it shows need not be what is stored. Read the tables, and compare the view with one that "telltale audit migrate" makes in an empty database.',
  archive:
    'A file of the archive is not the one that was exported. Compare it with another copy of the archive.',
  'checkpoints-missing':
    'Without checkpoints a superuser could have rewritten everything. Give --checkpoints and --public-key.',
  'tail-unattested':
    'The Collector signs a checkpoint every interval: see whether it runs, has its key and can write to the folder of checkpoints, and whether the copy here is complete.',
  'gap-explained':
    'The number is accounted for, the record is not in audit.records: see "telltale audit parked" and audit.quarantine.',
} as const

export type RuleName = keyof typeof RULES

/** Rules that leave the trail unproved rather than broken. */
const AMBER: ReadonlySet<RuleName> = new Set([
  'checkpoints-missing',
  'tail-unattested',
  'gap-explained',
])

/** Whether a rule that does not hold makes the verdict red, or amber. */
export function levelOf(rule: RuleName): 'red' | 'amber' {
  return AMBER.has(rule) ? 'amber' : 'red'
}
