import { expect, test } from 'vitest'
import { FINDINGS, type Finding } from '../../../src/cli/doctor/findings.ts'
import { makeDoctorApp } from '../../support/doctor-app.ts'
import { startOtlpReceiver } from '../../support/otlp-receiver.ts'
import { faults } from './faults.ts'
import { healthyEnvironment, runDoctor } from './run-doctor.ts'

const byCode = (a: Finding, b: Finding): number => (a.code < b.code ? -1 : 1)

test.each(faults)(
  '$name: the doctor finds it, and nothing else',
  async ({ codes, says, plant }) => {
    await using receiver = await startOtlpReceiver()
    using app = makeDoctorApp()
    await using stack = new AsyncDisposableStack()
    const env = healthyEnvironment(app, receiver.url)
    await plant({ app, env, receiver, using: stack })
    const { DOCTOR_WORDS: words = '', ...variables } = env

    const examined = await runDoctor(app, variables, words.split(' ').filter(Boolean))

    expect(examined.findings.toSorted(byCode)).toEqual(
      codes.toSorted().map((code) => expect.objectContaining({ code })),
    )
    const finding = examined.findings.find(({ code }) => code === codes[0])!
    expect(finding.what).toMatch(says)
    expect(finding.wayOut).toMatch(/\w/)
    expect(examined.code).toBe(examined.findings.some(({ level }) => level === 'error') ? 2 : 1)
  },
)

test('every finding has a fault that is planted', () => {
  const planted = new Set(faults.flatMap(({ codes }) => codes))

  expect([...planted].toSorted()).toEqual(Object.keys(FINDINGS).toSorted())
})
