import { type Attack, at } from '../attack.ts'
import { change, middleOf, takeOffGuards } from './tools.ts'

/** How a superuser changes a value of each type without the statement failing. */
const CHANGES: Readonly<Record<string, string>> = {
  text: `coalesce(%, '') || 'x'`,
  'timestamp with time zone': `% + interval '1 second'`,
  bigint: 'coalesce(%, 0) + 1',
  integer: '% + 1000',
  jsonb: `% || '{"forged": true}'`,
  // The first byte becomes another one.
  bytea: `set_byte(coalesce(%, '\\x00'), 0, 255 - get_byte(coalesce(%, '\\x00'), 0))`,
}

/** Columns whose every value the database itself restricts. */
const VALUES: Readonly<Record<string, string>> = {
  record_id: `overlay(record_id::text PLACING '0123' FROM 33)::uuid`,
  sealer_id: `overlay(sealer_id::text PLACING '0123' FROM 33)::uuid`,
  stream_id: `overlay(stream_id::text PLACING '0123' FROM 33)`,
  evidence_by: `CASE evidence_by WHEN 'producer' THEN 'collector' ELSE 'producer' END`,
}

/** One attack for each column of `audit.records`. */
export function columnAttacks(
  columns: readonly { readonly name: string; readonly type: string }[],
): readonly Attack[] {
  return columns.map(({ name, type }) => ({
    name: `update ${name}`,
    as: 'superuser',
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      const value = VALUES[name] ?? CHANGES[type]
      if (value === undefined) throw new Error(`no way to change a column of type ${type}`)
      await takeOffGuards(client)
      await change(
        client,
        `UPDATE audit.records SET ${name} = ${value.replaceAll('%', name)} WHERE record_id = $1`,
        [victim.recordId],
      )
      return { first: at(victim) }
    },
  }))
}
