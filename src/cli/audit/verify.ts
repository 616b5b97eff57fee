import { optional, text } from '../../config/setting.ts'
import type { Problem, Verdict } from '../../verification/verification.ts'
import { CliError, defineCommand } from '../command.ts'
import { instant, option, postgresOption } from '../options.ts'
import { createProgressLine } from '../progress-line.ts'

/** `telltale audit verify` */
export const verifyCommand = defineCommand({
  name: 'audit verify',
  summary: 'Prove that the records of an audit trail are complete and unaltered',
  about: [
    'Reads the trail as it is at this moment and recomputes everything: each hash from its evidence, each column from the evidence, each seal from its rows, each log from its seals, and holds the logs against the checkpoints that were signed outside of the database.',
    'green: everything up to the newest checkpoints holds; what is younger is reported as pending. amber: nothing is broken, and something is not proved. red: a rule is broken; the first bad record is named. See the guide for auditors.',
  ],
  options: {
    postgres: postgresOption,
    checkpoints: option(
      'DIR',
      'Folder of the files of checkpoints, or one such file; several are divided by commas. Without it the verdict is amber at best.',
      optional(text({ env: 'TELLTALE_AUDIT_CHECKPOINTS', default: '' })),
    ),
    publicKey: option(
      'FILE',
      'File of the public keys that checkpoints may be signed by; several are divided by commas.',
      optional(text({ env: 'TELLTALE_AUDIT_PUBLIC_KEY', default: '' })),
    ),
    loki: option(
      'URL',
      'A Loki that the checkpoints were sent to: what it has must be in the files.',
      optional(text({ default: '' })),
    ),
    from: instant('Only what was stored at this moment or later.'),
    to: instant('Only what was stored at this moment or earlier.'),
  },
  exitCodes: { 1: 'amber', 2: 'red' },
  run: async ({ postgres, checkpoints, publicKey, loki, from, to }, { env, progress }) => {
    const { verify, exitCodeOf } = await import('../../verification/verification.ts')
    const { postgresConfig } = await import('../connect-postgres.ts')
    const { readMigrations } = await import('./migrations.ts')
    const migrations = await readMigrations()
    const line = createProgressLine(progress)
    const verdict = await verify({
      postgres: postgresConfig(postgres, env),
      newestSchema: Math.max(...migrations.map(({ version }) => version)),
      checkpoints: listOf(checkpoints),
      publicKeys: listOf(publicKey),
      loki,
      from: dateOf(from),
      to: dateOf(to),
      onProgress: line.update,
    })
    return { exitCode: exitCodeOf(verdict), json: verdict, text: toText(verdict) }
  },
})

function listOf(words: string | undefined): string[] {
  return (words ?? '').split(',').filter((word) => word !== '')
}

function dateOf(moment: string | undefined): Date | undefined {
  if (moment === undefined) return undefined
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) throw new CliError(`${moment} is no moment`)
  return date
}

/** A verdict for people. */
export function toText(verdict: Verdict): string {
  const { records, seals, sealers, streams, checkpoints, pending, problems, counts, first } =
    verdict
  const lines = [
    `${verdict.verdict}: ${records} records, ${seals} seals by ${sealers} sealers, ${streams} streams, ${checkpoints} checkpoints`,
  ]
  if (pending.seals > 0 || pending.inFlight > 0) {
    lines.push(
      `pending: ${pending.records} records in ${pending.seals} seals beyond the newest checkpoints, ${pending.inFlight} numbers on their way`,
    )
  }
  if (first) lines.push('', 'the first bad record:', ...describe(first))
  const others = problems.filter((problem) => problem !== first)
  if (others.length > 0) lines.push('', first ? 'also:' : 'because:')
  for (const problem of others) lines.push(...describe(problem))
  const listed = Map.groupBy(problems, ({ rule }) => rule)
  const unlisted = Object.entries(counts).filter(
    ([rule, count]) => count > (listed.get(rule as Problem['rule'])?.length ?? 0),
  )
  for (const [rule, count] of unlisted) lines.push(`${rule}: ${count} in all`)
  return lines.join('\n')
}

function describe(problem: Problem): string[] {
  const { rule, recordId, stream, sequence, sealer, seal, leaf, recordedAt } = problem
  const place = [
    recordId && `record ${recordId}`,
    stream && `stream ${stream}${sequence === undefined ? '' : `, number ${sequence}`}`,
    sealer &&
      `sealer ${sealer}${seal === undefined ? '' : `, seal ${seal}`}${leaf === undefined ? '' : `, leaf ${leaf}`}`,
    recordedAt && `stored ${recordedAt}`,
  ].filter(Boolean)
  return [
    `  ${rule}: ${problem.message}`,
    ...place.map((part) => `    ${part}`),
    `    ${problem.advice}`,
  ]
}
