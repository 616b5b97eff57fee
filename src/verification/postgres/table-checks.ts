import type { Snapshot } from './snapshot.ts'

interface FoundTable {
  readonly name: string
  readonly kind: string
  readonly hides: boolean
}

/** What a relation is called whose rows need not be what it stores. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
}

/**
 * Makes sure that what is read is what is stored, and what everybody sees: a view or a foreign table could show the verifier other
 * rows than the auditors, and a policy could hide rows from them.
 *
 * @throws {Error} naming the table
 */
export async function checkTables(snapshot: Snapshot): Promise<void> {
  const tables = await snapshot.rows<FoundTable>(
    `WITH RECURSIVE named AS (
       SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'audit' AND c.relname IN ('records', 'annexes', 'conflicts', 'quarantine', 'seals', 'retained', 'retained_leaves', 'retained_streams')
       UNION SELECT i.inhrelid FROM pg_inherits i JOIN named ON i.inhparent = named.oid)
     SELECT c.oid::regclass::text AS name, c.relkind::text AS kind, c.relrowsecurity AS hides
     FROM named JOIN pg_class c ON c.oid = named.oid ORDER BY 1`,
  )
  for (const { name, kind, hides } of tables) {
    if (kind !== 'r' && kind !== 'p') {
      throw new Error(
        `${name} must be a table; it is ${OTHER_KINDS[kind] ?? `a relation of kind ${kind}`}, which need not show what is stored`,
      )
    }
    if (hides) {
      throw new Error(
        `${name} must show everybody the same rows; it has row-level security. "ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY" ends that`,
      )
    }
  }
}
