import { text } from '../../config/setting.ts'
import { CliError, defineCommand } from '../command.ts'
import { option } from '../options.ts'

/** `telltale audit keygen` */
export const keygenCommand = defineCommand({
  name: 'audit keygen',
  summary: 'Make the key that signs the checkpoints of an audit trail',
  about: [
    'Writes the private key (Ed25519, PKCS #8) to NAME.pem, readable by its owner only, and appends the public one to public.key as a C2SP verifier key. Nothing is overwritten: to change the key give another name, and keep the older lines of public.key, which check the older checkpoints.',
    'The private key belongs to the Collector and nowhere near the database. public.key goes to whoever runs "telltale audit verify".',
  ],
  options: {
    out: option('DIR', 'Folder for both files; made when it is not there.', text({ default: '.' })),
    name: option(
      'NAME',
      'Name of the key, which every checkpoint carries.',
      text({ default: 'telltale-checkpoints' }),
    ),
  },
  run: async ({ out, name }) => {
    const { writeCheckpointKey } = await import('../../verification/checkpoint-key.ts')
    const { privateKeyFile, publicKeyFile, verifierKey } = await writeCheckpointKey(
      out,
      name,
    ).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      throw new CliError(
        `${error.path} exists and is not overwritten; give another --name or --out`,
      )
    })
    return {
      json: { privateKeyFile, publicKeyFile, verifierKey },
      text: `private key  ${privateKeyFile}\npublic key   ${publicKeyFile}\n${verifierKey}`,
    }
  },
})
