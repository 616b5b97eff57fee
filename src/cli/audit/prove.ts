import { CliError, defineCommand } from '../command.ts'
import { postgresOption } from '../options.ts'
import { checkpointOptions, listOf, newestSchema } from './checkpoint-options.ts'

/** `telltale audit prove` */
export const proveCommand = defineCommand({
  name: 'audit prove',
  summary: 'Print the proof that one record is in the audit trail',
  about: [
    'The proof is one JSON object: the evidence of the record, its place in its seal, the place of the seal in its log, and the signed checkpoint. Whoever has the public key checks it without the database: telltale audit verify --proof FILE --public-key FILE.',
  ],
  parameters: [{ name: 'ID', about: 'Id of the record.' }],
  options: { postgres: postgresOption, ...checkpointOptions },
  run: async ({ postgres, checkpoints, publicKey }, { env }, [recordId = '']) => {
    if (checkpoints === undefined || publicKey === undefined) {
      throw new CliError(
        '"--checkpoints" and "--public-key" are missing: a proof ends in a checkpoint',
      )
    }
    const { prove } = await import('../../verification/verification.ts')
    const { postgresConfig } = await import('../connect-postgres.ts')
    const proof = await prove({
      postgres: postgresConfig(postgres, env),
      newestSchema: await newestSchema(),
      recordId,
      checkpoints: listOf(checkpoints),
      publicKeys: listOf(publicKey),
    })
    return { json: proof, text: JSON.stringify(proof, undefined, 2) }
  },
})
