import type { Attack } from '../attack.ts'
import { middleOf, takeOffGuards } from './tools.ts'

const FIRST = [{ rule: 'view' }]

/** Nothing that is stored is touched: only what people read instead of it. */
export const viewAttacks: readonly Attack[] = [
  {
    name: 'a view that hides one actor',
    as: 'superuser',
    commit: async (copy, client) => {
      await takeOffGuards(client)
      const { recordId } = middleOf(copy, 'tamper-a')
      const { rows } = await client.query<{ text: string }>(
        `SELECT rtrim(pg_get_viewdef('audit.trail'::regclass), ';') AS text`,
      )
      await client.query(
        `CREATE OR REPLACE VIEW audit.trail AS ${rows[0]!.text} WHERE r.record_id <> '${recordId}'`,
      )
      return { first: FIRST }
    },
  },
  {
    name: 'a table of copies in the place of the analysts’ view',
    as: 'superuser',
    commit: async (_copy, client) => {
      await takeOffGuards(client)
      await client.query('CREATE TABLE public.copied AS SELECT * FROM public.audit_events')
      await client.query('DROP VIEW public.audit_events')
      await client.query('ALTER TABLE public.copied RENAME TO audit_events')
      await client.query('GRANT SELECT ON public.audit_events TO audit_auditor')
      return { first: FIRST }
    },
  },
  {
    name: 'a function that finds no gaps',
    as: 'superuser',
    commit: async (_copy, client) => {
      await takeOffGuards(client)
      const { rows } = await client.query<{ text: string }>(
        `SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.oid = 'audit.find_gaps(interval)'::regprocedure`,
      )
      await client.query(rows[0]!.text.replace(/\bBEGIN\b/, 'BEGIN\n  RETURN;'))
      return { first: FIRST }
    },
  },
]
