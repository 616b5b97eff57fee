import { createHash } from 'node:crypto'
import type { Snapshot } from './snapshot.ts'

/** What a view, or the function behind one, says. */
export interface ShownAs {
  readonly name: string
  /** SHA-256 of its kind and text as PostgreSQL prints it, in lower-case hexadecimal. */
  readonly digest: string
}

/**
 * What PostgreSQL prints of them where the migrations made them. PostgreSQL 15 names the table before each column of a view over
 * only one, later ones do not: an integration test says what has to stand here.
 */
export const SHIPPED: Readonly<Record<string, readonly string[]>> = {
  'audit.trail': ['f2da25115bbdb078d1cfb2491217f5d5ca37887e89f7585061dab0859e466230'],
  'public.audit_events': [
    '246d6cc7707e548778735068c9ab3e466f8fa0dc9563d55bd49fb5173cb2e516',
    'd3adf2f2f1cc060da904fee4854bca0dd4365520d6ef4ecbf2f4cd893478a4b0',
  ],
  'audit.gaps': [
    '0ebafde060a0e9aed43265795d74d4a800f94cbd81b6282921f587ee46f1711d',
    '526a7a55187a84c45246a4cb9149d1b66508939f448aa4030369da4e9994d222',
  ],
  'audit.find_gaps()': ['0fab84b1525e90e63586133b4130337e85559d5b6df06ccae4b1ec7ec683e017'],
}

/**
 * What people read instead of the tables: `audit.trail`, `audit_events`, `audit.gaps` and its function, as far as they are there.
 *
 * Names that are not PostgreSQL's own are printed with their schema, because the snapshot's search path has no other.
 */
export async function readViews(snapshot: Snapshot): Promise<readonly ShownAs[]> {
  const found = await snapshot.rows<{ name: string; text: string }>(
    `SELECT v.name, c.relkind::text || ' ' || pg_get_viewdef(c.oid) AS text
     FROM unnest(ARRAY['audit.trail', 'public.audit_events', 'audit.gaps']) AS v (name) JOIN pg_class c ON c.oid = to_regclass(v.name)
     WHERE c.relkind IN ('v', 'm')
     UNION ALL SELECT v.name, c.relkind::text
     FROM unnest(ARRAY['audit.trail', 'public.audit_events', 'audit.gaps']) AS v (name) JOIN pg_class c ON c.oid = to_regclass(v.name)
     WHERE c.relkind NOT IN ('v', 'm')
     UNION ALL SELECT 'audit.find_gaps()', concat_ws(' ', l.lanname, p.proconfig::text, p.prosrc)
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
     WHERE n.nspname = 'audit' AND p.proname = 'find_gaps'`,
  )
  return found.map(({ name, text }) => ({
    name,
    digest: createHash('sha256').update(text).digest('hex'),
  }))
}

/** The names of those that are not as the migrations make them. */
export async function changedViews(snapshot: Snapshot): Promise<readonly string[]> {
  const shown = await readViews(snapshot)
  return shown
    .filter(({ name, digest }) => !SHIPPED[name]?.includes(digest))
    .map(({ name }) => name)
}
