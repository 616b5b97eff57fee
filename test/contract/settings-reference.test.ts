import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generatedPages } from '../../docs/generate.ts'
import { MEANINGS } from '../../src/core/errors.ts'
import { settingTables } from '../../src/settings.ts'

const pages = Object.entries(generatedPages())
const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test.each(pages)('%s is what `npm run docs` makes of the code', (path, text) => {
  expect(read(path)).toBe(text)
})

test('the reference of the settings has every option and every variable once', () => {
  const text = read('docs/reference/settings.md')
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  const settings = Object.entries(settingTables).flatMap(([place, table]) =>
    Object.entries(table).map(([key, { env }]) => ({
      name: place === '' ? key : `${place}.${key}`,
      env,
    })),
  )

  expect(rows).toHaveLength(settings.length)
  for (const { name, env } of settings) {
    const own = rows.filter((line) => line.startsWith(`| \`${name}\` `))
    expect(own).toHaveLength(1)
    for (const variable of env) expect(own[0]).toContain(`\`${variable}\``)
  }
})

test('the reference of the errors has every code with its meaning', () => {
  const text = read('docs/reference/errors.md')

  const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

  for (const [code, meaning] of Object.entries(MEANINGS)) {
    expect(rows).toContainEqual(['', `\`${code}\``, meaning, ''])
  }
})
