import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findApplication } from '../../../../src/cli/doctor/application.ts'
import { checkStart } from '../../../../src/cli/doctor/check-start.ts'
import { createExamination } from '../../../../src/cli/doctor/examination.ts'

const folder = import.meta.dirname
const applicationWith = (env: Record<string, string>, command: readonly string[] = []) =>
  findApplication({ app: undefined, command, cwd: folder, env })

test('the folder of the shell is no password, and that of the database is', () => {
  const { hide } = createExamination(
    applicationWith({
      PWD: folder,
      OLDPWD: '/srv/older',
      DB_PASSWORD: 'correct horse',
      DB_PWD: 'battery!',
    }),
  )

  expect(hide(`${folder}, /srv/older: correct horse, battery!`)).toBe(
    `${folder}, /srv/older: [hidden], [hidden]`,
  )
})

describe('a package.json', () => {
  let cwd: string
  beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'tt-manifest-'))))
  afterEach(() => rmSync(cwd, { recursive: true }))
  const find = (manifest: string) => {
    writeFileSync(join(cwd, 'package.json'), manifest)
    return findApplication({ app: undefined, command: [], cwd, env: {} })
  }

  test('that cannot be read is not said to be missing', () => {
    expect(() => find('{"name":')).toThrow(/package\.json cannot be read as a package\.json/)
  })

  test('with scripts that are none is read as far as it can be', () => {
    const { name, start } = find('{"name": 7, "main": 8, "scripts": {"start": 5}}')

    expect([name, start]).toEqual([cwd, undefined])
  })
})

test('of a command that is not understood the first word is said, and no parameter', () => {
  const application = applicationWith({}, ['pm2-runtime', 'start', '--password=correct-horse'])

  expect(checkStart(application)).toEqual([
    expect.objectContaining({
      code: 'start-unknown',
      what: '"pm2-runtime …" does not run node in a way that is understood',
    }),
  ])
})
