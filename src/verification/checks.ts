import type { RuleName } from './rules.ts'

/** Every check there is, with the rule whose breach it finds. A rule may need several. */
export const CHECKS = {
  'evidence-hash': 'evidence-hash',
  'evidence-canonical': 'evidence-canonical',
  'column-record-id': 'column',
  'column-texts': 'column',
  'column-sequence': 'column',
  'column-prev-hash': 'column',
  'column-annex-hash': 'column',
  'column-occurred-at': 'column',
  'column-occurred-nano': 'column',
  leaf: 'leaf',
  'leaf-twice': 'leaf',
  'row-place': 'leaf',
  'leaf-missing': 'leaf-missing',
  'seal-count': 'seal',
  'seal-root': 'seal',
  'seal-time': 'seal',
  'seal-numbers': 'seal-missing',
  'seal-of-row': 'seal-missing',
  log: 'log',
  'log-short': 'log',
  'log-closed': 'log-closed',
  'checkpoint-signature': 'checkpoint-signature',
  'checkpoint-readable': 'checkpoint-chain',
  'checkpoint-log': 'checkpoint-chain',
  'checkpoint-previous': 'checkpoint-chain',
  'checkpoint-growth': 'checkpoint-chain',
  'checkpoint-after-closed': 'checkpoint-chain',
  'checkpoint-witness': 'checkpoint-witness',
  'stream-gap': 'stream-gap',
  'stream-end': 'stream-gap',
  'stream-fork': 'stream-fork',
  'stream-link': 'stream-link',
  'stream-start': 'stream-link',
  'annex-hash': 'annex',
  'annex-canonical': 'annex',
  'annex-undeclared': 'annex',
  'annex-missing': 'annex',
  'annex-orphan': 'annex',
  'quarantine-hash': 'quarantine',
  'quarantine-evidence': 'quarantine',
  'conflict-hash': 'conflict',
  'conflict-canonical': 'conflict',
  view: 'view',
} as const satisfies Record<string, RuleName>

export type CheckName = keyof typeof CHECKS

/** The checks of a run; a verifier that leaves one out is for its own tests. */
export type CheckSet = ReadonlySet<CheckName>

/** All of them. */
export const allChecks: CheckSet = new Set(Object.keys(CHECKS) as CheckName[])
