import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { apiPage } from '../../docs/api-page.ts'

const text = apiPage()
const { exports } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly exports: Readonly<Record<string, unknown>> }
const entries = Object.keys(exports).filter(
  (path) => path !== './package.json' && path !== './register',
)

test.each(entries)('the reference has what can be imported from %s', async (path) => {
  const specifier = `telltale${path.slice(1)}`
  const module = (await import(specifier)) as object
  const names = Object.keys(module)

  expect(names).not.toEqual([])
  for (const name of names) expect(text).toContain(`\n### \`${name}\`\n`)
})

test('declarations are shown without what they do', () => {
  expect(text).toContain('\nfunction init(options: InitOptions = {}): Telltale\n```')
  expect(text).toContain('\nclass ConfigError extends TelltaleError {\n')
  expect(text).not.toMatch(/\breturn |#\w+ = | => \{$/m)
})
