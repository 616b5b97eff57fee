import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const guides = new URL('../../docs/guide/', import.meta.url)
const programs = new URL('../fixtures/guide/', import.meta.url)

/** Code of the guides that begins with the name of a file: `// health-checks.ts`. */
const named = readdirSync(guides)
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) => {
    const text = readFileSync(new URL(file, guides), 'utf8')
    return [...text.matchAll(/^```ts\n(\/\/ ([\w-]+\.ts)\n[\s\S]*?)^```$/gm)].map(
      ([, code, name]) => ({ where: `${file}: ${name}`, name: name!, code: code! }),
    )
  })
const files = readdirSync(programs).filter((file) => file.endsWith('.ts'))
const shown = named.filter(({ name }) => files.includes(name))

test('every program of the guides is in one of them', () => {
  expect(shown.map(({ name }) => name).toSorted()).toEqual(files.toSorted())
})

test.each(shown)('$where is the program that the tests run', ({ name, code }) => {
  expect(code).toBe(readFileSync(new URL(name, programs), 'utf8'))
})
