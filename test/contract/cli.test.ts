import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../src/cli/telltale.ts', import.meta.url))

test('help loads no package: neither the SDK nor a database driver', async () => {
  const preload = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) {
      if (url.includes('/node_modules/')) process.stderr.write('loaded ' + url + '\\n')
      return next(url, context)
    } })`)}`

  const { stdout, stderr } = await run(process.execPath, ['--import', preload, program, '--help'])

  expect(stderr).toBe('')
  for (const { name } of commands) expect(stdout).toContain(name)
})

test('every command has a name of its own and says what it does in a sentence without a full stop', () => {
  expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length)
  for (const { name, summary } of commands) {
    expect(name).toMatch(/^[a-z]+(?: [a-z]+)*$/)
    expect(summary).toMatch(/^[A-Z].*[^.]$/)
  }
})

test('every option says what it is in a sentence', () => {
  const abouts = commands.flatMap(({ options }) => Object.values(options).map(({ about }) => about))

  expect(abouts.filter((about) => !/^[A-Z].*\.$/s.test(about))).toEqual([])
})

test('the program starts with the line that names its interpreter', () => {
  expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
})
