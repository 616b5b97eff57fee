import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folder = new URL('../../docs/decisions/', import.meta.url)
const files = readdirSync(folder).toSorted()
const numbers = files.map((file) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1]))

test('decisions are numbered from 1 without a gap, each once', () => {
  expect(numbers).toEqual(numbers.map((_number, index) => index + 1))
})

test.each(files)('%s says its number in its title', (file) => {
  const [title] = readFileSync(new URL(file, folder), 'utf8').split('\n')

  expect(title).toMatch(new RegExp(`^# ${Number(file.slice(0, 4))}\\. \\S`))
})
