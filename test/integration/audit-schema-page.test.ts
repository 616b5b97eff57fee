import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startPartOfStack } from '../../deploy/stack/stack.ts'
import { AUDIT_SCHEMA_PAGE, auditSchemaPage } from '../../docs/audit-schema.ts'

test('docs/reference/audit-schema.md is what `npm run docs` makes of the database', async () => {
  await using stack = await startPartOfStack(['postgres'])

  const text = await auditSchemaPage(stack.addresses.postgres ?? '')

  expect(readFileSync(new URL(`../../${AUDIT_SCHEMA_PAGE}`, import.meta.url), 'utf8')).toBe(text)
  const tables = text.split('\n').filter((line) => line.startsWith('| `'))
  // A table, view, column or function that nobody has explained.
  expect(tables.filter((line) => /\|\s*\|$/.test(line))).toEqual([])
})
