import { TEXT_COLUMNS } from '../rows.ts'

/** Columns before the texts, in the order in which they are read. */
export const RECORD_COLUMNS = [
  'sealer_id',
  'seal_number',
  'leaf_index',
  'record_id',
  'hash',
  'evidence',
  'evidence_by',
  'ingested_by',
  'recorded_at',
  'occurred_at',
  'occurred_unix_nano',
  'sequence_number',
  'prev_hash',
  'annex_hash',
] as const

/** The number of a field of {@link RECORD_COLUMNS}. */
export const FIELD = Object.fromEntries(
  RECORD_COLUMNS.map((name, index) => [name, index]),
) as Readonly<Record<(typeof RECORD_COLUMNS)[number], number>>

/** Where the texts start among the fields of a record. */
export const FIRST_TEXT: number = RECORD_COLUMNS.length
/** JSON columns come last of the texts: they are read as jsonb. */
export const FIRST_JSON_FIELD: number = FIRST_TEXT + TEXT_COLUMNS.indexOf('details')
/** Where the annex starts: salt, bytes, details. */
export const FIRST_ANNEX: number = FIRST_TEXT + TEXT_COLUMNS.length
