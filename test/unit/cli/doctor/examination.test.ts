import { expect, test } from 'vitest'
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

test('of a command that is not understood the first word is said, and no parameter', () => {
  const application = applicationWith({}, ['pm2-runtime', 'start', '--password=correct-horse'])

  expect(checkStart(application)).toEqual([
    expect.objectContaining({
      code: 'start-unknown',
      what: '"pm2-runtime …" does not run node in a way that is understood',
    }),
  ])
})
