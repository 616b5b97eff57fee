import { writeFileSync } from 'node:fs'
import { Client } from 'pg'
import { startPartOfStack } from '../deploy/stack/stack.ts'
import { markdownTable, page } from './markdown.ts'

/** Where the page stands: `npm run docs` writes it, a test holds it equal. */
export const AUDIT_SCHEMA_PAGE = 'docs/reference/audit-schema.md'

/** The reference of the audit schema, made from the catalogue and the comments of a database that has it. */
export async function auditSchemaPage(postgresUrl: string): Promise<string> {
  const client = new Client({ connectionString: postgresUrl })
  await client.connect()
  try {
    const rows = async (sql: string): Promise<readonly Row[]> => (await client.query<Row>(sql)).rows
    const columns = Map.groupBy(await rows(COLUMNS), ({ relation }) => relation!)
    const indexes = Map.groupBy(await rows(INDEXES), ({ relation }) => relation!)
    const relations = await rows(RELATIONS)
    const section = (relation: Row): string[] =>
      relationSection(
        relation,
        columns.get(relation.name!) ?? [],
        indexes.get(relation.name!) ?? [],
      )
    return page(
      'Audit schema',
      'What is in the database, made from its own catalogue. Rows come by the functions of the role `audit_writer` only; nobody changes or deletes them, but for what "Functions" says. [The design](../design/audit.md) says what each thing proves.',
      '## Views',
      ...relations.filter(({ kind }) => kind === 'v').flatMap(section),
      '## Tables',
      '`audit.records` is partitioned by month (`audit.records_2026_11`), by the time in the UUIDv7 that is the record id; what fits no month is in `audit.records_default`.',
      ...relations.filter(({ kind }) => kind !== 'v').flatMap(section),
      '## Functions',
      markdownTable(
        ['function', 'who may run it', 'what it does'],
        (await rows(FUNCTIONS)).map((row) => [
          `\`${row.name}\``,
          row.roles ?? 'nobody else',
          row.about!,
        ]),
      ),
      '## Roles',
      'Roles without a login; grant them to users that have one.',
      markdownTable(
        ['role', 'member of', 'may read'],
        (await rows(ROLES)).map((row) => [
          `\`${row.name}\``,
          row.member ?? '',
          row.readable ?? 'nothing',
        ]),
      ),
      '## Migrations',
      markdownTable(
        ['version', 'name'],
        (await rows(MIGRATIONS)).map((row) => [row.version!, row.name!]),
      ),
    )
  } finally {
    await client.end()
  }
}

type Row = Readonly<Record<string, string | null | undefined>>

function relationSection(
  { name, kind, about }: Row,
  columns: readonly Row[],
  indexes: readonly Row[],
): string[] {
  const isTable = kind !== 'v'
  const rows = columns.map((column) => [
    `\`${column.name}\``,
    column.type!,
    ...(isTable ? [column.nullable!] : []),
    column.about ?? '',
  ])
  return [
    `### ${name}`,
    about!,
    markdownTable(['column', 'type', ...(isTable ? ['NULL'] : []), 'what it is'], rows),
    ...(indexes.length > 0
      ? [`Indexes: ${indexes.map(({ definition }) => `\`${definition}\``).join(', ')}.`]
      : []),
  ]
}

/** The monthly partitions are like their parent. */
const LISTED = `c.relnamespace = 'audit'::regnamespace AND NOT c.relispartition OR c.oid = 'public.audit_events'::regclass`

const RELATIONS = `
  SELECT n.nspname || '.' || c.relname AS name, c.relkind::text AS kind, obj_description(c.oid) AS about
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v') AND (${LISTED}) ORDER BY n.nspname, c.relname`

const COLUMNS = `
  SELECT n.nspname || '.' || c.relname AS relation, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END AS nullable, col_description(c.oid, a.attnum) AS about
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.relkind IN ('r', 'p', 'v') AND (${LISTED}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`

const INDEXES = `
  SELECT n.nspname || '.' || c.relname AS relation,
    CASE WHEN i.indisprimary THEN 'PRIMARY KEY ' WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
      || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING btree ', '') AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class x ON x.oid = i.indexrelid
  WHERE ${LISTED} ORDER BY 1, NOT i.indisprimary, x.relname COLLATE "C"`

const FUNCTIONS = `
  SELECT p.proname || '(' || coalesce((
      SELECT string_agg(a.name, ', ' ORDER BY a.place) FROM unnest(p.proargnames, p.proargmodes) WITH ORDINALITY AS a (name, mode, place)
      WHERE coalesce(a.mode::text, 'i') = 'i'), '') || ')' AS name,
    (SELECT string_agg(r.rolname::text, ', ' ORDER BY r.rolname) FROM aclexplode(p.proacl) g JOIN pg_roles r ON r.oid = g.grantee
     WHERE g.privilege_type = 'EXECUTE' AND g.grantee <> p.proowner) AS roles,
    obj_description(p.oid) AS about
  FROM pg_proc p WHERE p.pronamespace = 'audit'::regnamespace ORDER BY p.proname, p.oid`

const ROLES = `
  SELECT o.rolname AS name,
    (SELECT string_agg(g.rolname::text, ', ' ORDER BY g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = o.oid) AS member,
    CASE WHEN o.rolname = 'audit_owner' THEN 'everything' ELSE (
      SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid::regclass::text COLLATE "C") FROM pg_class c
      WHERE c.relkind IN ('r', 'p', 'v') AND (${LISTED}) AND has_table_privilege(o.oid, c.oid, 'SELECT')) END AS readable
  FROM pg_roles o WHERE o.rolname LIKE 'audit\\_%' ORDER BY 1`

const MIGRATIONS =
  'SELECT version::text AS version, name FROM audit.schema_migrations ORDER BY audit.schema_migrations.version'

if (import.meta.main) {
  await using stack = await startPartOfStack(['postgres'])
  const text = await auditSchemaPage(stack.addresses.postgres ?? '')
  writeFileSync(new URL(`../${AUDIT_SCHEMA_PAGE}`, import.meta.url), text)
}
