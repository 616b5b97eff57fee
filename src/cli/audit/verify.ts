import { readFile } from 'node:fs/promises'
import { httpUrl, optional, text } from '../../config/setting.ts'
import { CliError, defineCommand, type Outcome } from '../command.ts'
import { instant, option, postgresOption } from '../options.ts'
import { createProgressLine } from '../progress-line.ts'
import { checkpointOptions, dateOf, listOf, newestSchema } from './checkpoint-options.ts'

/** `telltale audit verify` */
export const verifyCommand = defineCommand({
  name: 'audit verify',
  summary: 'Prove that the records of an audit trail are complete and unaltered',
  about: [
    'Reads the trail as it is at this moment and recomputes everything: each hash from its evidence, each column from the evidence, each seal from its rows, each log from its seals, and holds the logs against the checkpoints that were signed outside of the database.',
    'green: everything up to the newest checkpoints holds; what is younger is reported as pending. amber: nothing is broken, and something is not proved. red: a rule is broken; the first bad record is named. Without --checkpoints the verdict is amber at best.',
    'With --archive or --proof no database is asked: what "telltale audit export" or "telltale audit prove" has written is verified.',
  ],
  options: {
    postgres: postgresOption,
    ...checkpointOptions,
    loki: option(
      'URL',
      'A Loki that the checkpoints were sent to: what it has must be in the files.',
      httpUrl<string | undefined>({ default: undefined }),
    ),
    from: instant('Only what was stored at this moment or later.'),
    to: instant('Only what was stored at this moment or earlier.'),
    state: option(
      'FILE',
      'Remembers in FILE what was verified, and reads only the rows that checkpoints have covered since. Trusts FILE, and that older rows are as they were: verify everything now and then.',
      optional(text({ default: '' })),
    ),
    archive: option('DIR', 'An archive instead of a database.', optional(text({ default: '' }))),
    proof: option('FILE', 'A proof instead of a database.', optional(text({ default: '' }))),
  },
  exitCodes: { 1: 'amber', 2: 'red' },
  run: async (values, { env, progress }) => {
    const { archive, proof, from, to, loki } = values
    if (archive !== undefined && proof !== undefined) {
      throw new CliError('use either "--archive" or "--proof"')
    }
    if (proof !== undefined) return await verifyProofFile(proof, listOf(values.publicKey))
    const { verify, verifyArchive, exitCodeOf } = await import('../../verification/verification.ts')
    const { verdictText } = await import('./verdict-text.ts')
    const given = {
      checkpoints: listOf(values.checkpoints),
      publicKeys: listOf(values.publicKey),
      loki,
      onProgress: createProgressLine(progress).update,
    }
    if (archive !== undefined) {
      if (from !== undefined || to !== undefined || values.state !== undefined) {
        throw new CliError(
          '"--from", "--to" and "--state" are for a database: an archive is verified whole',
        )
      }
      const verdict = await verifyArchive({ ...given, directory: archive })
      return { exitCode: exitCodeOf(verdict), json: verdict, text: verdictText(verdict) }
    }
    if (values.state !== undefined && (from !== undefined || to !== undefined)) {
      throw new CliError('use either "--state" or "--from" and "--to"')
    }
    if (from !== undefined && to !== undefined && Date.parse(from) > Date.parse(to)) {
      throw new CliError(`"--from" must not be later than "--to"; got ${from} and ${to}`)
    }
    const { postgresConfig } = await import('../connect-postgres.ts')
    const verdict = await verify({
      ...given,
      postgres: postgresConfig(values.postgres, env),
      newestSchema: await newestSchema(),
      from: dateOf(from),
      to: dateOf(to),
      state: values.state,
    })
    return { exitCode: exitCodeOf(verdict), json: verdict, text: verdictText(verdict) }
  },
})

async function verifyProofFile(file: string, publicKeys: readonly string[]): Promise<Outcome> {
  if (publicKeys.length === 0) {
    throw new CliError('a proof proves nothing without the key: give --public-key as well')
  }
  const { verifyProofText } = await import('../../verification/verification.ts')
  const { proofText } = await import('./verdict-text.ts')
  const verdict = await verifyProofText(await readFile(file, 'utf8'), publicKeys)
  return {
    exitCode: verdict.verdict === 'green' ? 0 : 2,
    json: verdict,
    text: proofText(verdict),
  }
}
