import { CliError } from '../command.ts'

/** PostgreSQL's words for a function or schema that is not there. */
const ABSENT = new Set(['42883', '3F000', '42P01'])

/** Says of a query that failed because something is not there how it comes to be there; throws in any case. */
export function explainAbsence(error: unknown): never {
  if (ABSENT.has((error as { code?: string }).code ?? '')) {
    throw new CliError(
      'this database has no audit schema, or an older one: run "telltale audit migrate"',
      { cause: error },
    )
  }
  throw error
}
