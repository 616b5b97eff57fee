import { expect, test } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { type Command, CliError, defineCommand } from '../../../src/cli/command.ts'
import { flag, option, required } from '../../../src/cli/options.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { text, wholeNumber } from '../../../src/config/setting.ts'

const copy = defineCommand({
  name: 'files copy',
  summary: 'Copy one file',
  about: ['More about it.'],
  parameters: [{ name: 'FILE', about: 'What is copied.' }],
  options: {
    to: required(option('DIR', 'Where to.', text<string | undefined>({ default: undefined }))),
    dryRun: flag('Copy nothing.'),
    count: option('N', 'How often.', wholeNumber({ default: 1, min: 1, env: 'COPY_COUNT' })),
    token: option('T', 'Lets in.', text({ default: 'none', secret: true, accepts: () => false })),
  },
  exitCodes: { 1: 'It was there already.' },
  run: async (values, _context, parameters) => ({
    exitCode: 1,
    json: { values, parameters },
    text: `copied ${parameters[0]} to ${values.to}`,
  }),
})

const refuse = defineCommand({
  name: 'files refuse',
  summary: 'Refuse',
  options: {},
  run: async () => {
    throw new CliError('no such thing')
  },
})

async function run(
  words: readonly string[],
  env: Record<string, string> = {},
  commands: readonly Command[] = [copy, refuse],
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  let out = ''
  let error = ''
  const code = await runCli(commands, words, {
    env,
    version: () => '1.2.3',
    writeOut: (text) => (out += text),
    writeError: (text) => (error += text),
  })
  return { code, out, error }
}

test('a command gets its options and parameters and prints text', async () => {
  expect(await run(['files', 'copy', 'a.txt', '--to', 'b'])).toEqual({
    code: 1,
    out: 'copied a.txt to b\n',
    error: '',
  })
})

test('what came with a record cannot command the terminal', async () => {
  const value = '\u001b[2J\u009b31m\u202egreen'
  const show = defineCommand({
    name: 'show',
    summary: 'Show',
    options: {},
    run: async (_values, { progress }) => {
      progress(value)
      return { text: `${value}\nsecond line\tend`, json: { value } }
    },
  })
  const shown = '\\u001b[2J\\u009b31m\\u202egreen'

  const text = await run(['show'], {}, [show])
  const json = await run(['show', '--json'], {}, [show])

  expect(text).toEqual({ code: 0, out: `${shown}\nsecond line\tend\n`, error: `${shown}\n` })
  expect(json.out).toBe(`{"value":"${shown}"}\n`)
  expect(JSON.parse(json.out)).toEqual({ value })
})

test('with --json it prints one object', async () => {
  const { code, out, error } = await run(
    ['files', 'copy', '--json', '--to=--b', '--dry-run', 'a.txt'],
    { COPY_COUNT: '3' },
  )

  expect(code).toBe(1)
  expect(error).toBe('')
  expect(JSON.parse(out)).toEqual({
    values: { to: '--b', dryRun: true, count: 3, token: 'none', json: true, help: false },
    parameters: ['a.txt'],
  })
})

test('the command line wins over the environment', async () => {
  const { out } = await run(['files', 'copy', 'a', '--json', '--to', 'b', '--count', '2'], {
    COPY_COUNT: 'soon',
  })

  expect(JSON.parse(out)).toMatchObject({ values: { count: 2 } })
})

test('everything that is wrong with the words is named at once, with exit code 3', async () => {
  const { code, out, error } = await run(
    ['files', 'copy', 'a', 'b', '--dry-rum', '--count', '0', '-x', '--dry-run=yes', '--to'],
    {},
  )

  expect(code).toBe(3)
  expect(out).toBe('')
  expect(error).toBe(
    [
      'telltale files copy: "--dry-rum" is no option of "telltale files copy"; did you mean "--dry-run"?',
      '"-x" is no option of "telltale files copy"',
      '"--dry-run" takes no value',
      '"--to" needs a value: DIR',
      '"--count" must be a whole number of at least 1; got "0"',
      '"telltale files copy" takes no "b"\n',
    ].join('\n'),
  )
})

test.each([
  [['files', 'copy', '--to', 'b'], 'FILE is missing'],
  [['files', 'copy', 'a'], '"--to" is missing: it must be given'],
  [['files', 'copy', 'a', '--to', '--json'], '"--to" needs a value: DIR'],
  [['files', 'copy', 'a', '--to', 'b', '--to', 'c'], '"--to" is given twice'],
  [['files', 'cpy', 'a'], '"files cpy a" is no command; did you mean "files copy"?'],
  [['files', 'frobnicate'], '"files frobnicate" is no command\n'],
  [['files'], 'a command is missing'],
  [[], 'a command is missing'],
  [['--json', 'files', 'copy'], 'options come after the command; got "--json" before one'],
])('%j is refused', async (words, message) => {
  const { code, error } = await run(words)

  expect(code).toBe(3)
  expect(error).toContain(message)
})

test('a bad value from the environment is named with its variable', async () => {
  const { error } = await run(['files', 'copy', 'a', '--to', 'b'], { COPY_COUNT: 'soon' })

  expect(error).toContain('must be a whole number of at least 1; got "soon" (from COPY_COUNT)')
})

test('a secret that cannot be used is not shown', async () => {
  const { error } = await run(['files', 'copy', 'a', '--to', 'b', '--token', 'hunter2'])

  expect(error).toContain('got [hidden]')
  expect(error).not.toContain('hunter2')
})

test('what a command throws is said on stderr, and with --json on stdout too', async () => {
  expect(await run(['files', 'refuse'])).toEqual({
    code: 3,
    out: '',
    error: 'telltale files refuse: no such thing\n',
  })
  expect((await run(['files', 'refuse', '--json'])).out).toBe('{"error":"no such thing"}\n')
})

test('help is there at every level', async () => {
  const top = await run(['--help'])
  const group = await run(['files', '--help'])
  const command = await run(['files', 'copy', '--help'])

  for (const { code, error } of [top, group, command])
    expect({ code, error }).toEqual({ code: 0, error: '' })
  expect(top.out).toContain('Usage: telltale COMMAND')
  expect(group.out).toContain('Usage: telltale files COMMAND')
  expect(group.out).toContain('files copy    Copy one file\n')
  expect(command.out).toContain('Usage: telltale files copy FILE --to DIR [options]')
  expect(command.out).toContain('--count N  How often. (COPY_COUNT) Default: 1.')
  expect(command.out).toContain('exit 1  It was there already.')
})

test('--version prints the version', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: '1.2.3\n', error: '' })
})

test('a time that ends before it begins is no time, and nothing is green in it', async () => {
  const { code, error } = await run(
    ['audit', 'verify', '--from', '2026-12-01', '--to', '2026-11-30'],
    { TELLTALE_AUDIT_POSTGRES: 'postgres://nobody@127.0.0.1:1/none' },
    commands,
  )

  expect(code).toBe(3)
  expect(error).toContain('"--from" must not be later than "--to"; got 2026-12-01 and 2026-11-30')
})
