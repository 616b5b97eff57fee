import { optional, text } from '../../config/setting.ts'
import type { Option } from '../command.ts'
import { option } from '../options.ts'

/** Where checkpoints are, and whose they must be. */
export const checkpointOptions: {
  readonly checkpoints: Option<string | undefined>
  readonly publicKey: Option<string | undefined>
} = {
  checkpoints: option(
    'DIR',
    'Folder of the files of checkpoints, or one such file; several are divided by commas.',
    optional(text({ env: 'TELLTALE_AUDIT_CHECKPOINTS', default: '' })),
  ),
  publicKey: option(
    'FILE',
    'File of the public keys that checkpoints may be signed by; several are divided by commas.',
    optional(text({ env: 'TELLTALE_AUDIT_PUBLIC_KEY', default: '' })),
  ),
}

/** The words of a list divided by commas. */
export function listOf(words: string | undefined): string[] {
  return (words ?? '').split(',').filter((word) => word !== '')
}

/** A moment that was given on the command line. */
export function dateOf(moment: string | undefined): Date | undefined {
  return moment === undefined ? undefined : new Date(moment)
}

/** Number of the newest migration that this version of the package has. */
export async function newestSchema(): Promise<number> {
  const { readMigrations } = await import('./migrations.ts')
  const migrations = await readMigrations()
  return Math.max(...migrations.map(({ version }) => version))
}
