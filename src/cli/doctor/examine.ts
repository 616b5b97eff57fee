import { toReason } from '../../core/errors.ts'
import type { CommandContext } from '../command.ts'
import type { Application } from './application.ts'
import { checkBundle } from './check-bundle.ts'
import { checkChildren } from './check-children.ts'
import { checkEnds, reachAll } from './check-collector.ts'
import { checkNode } from './check-node.ts'
import { checkPackages } from './check-packages.ts'
import { checkPort } from './check-port.ts'
import { checkProcess } from './check-process.ts'
import { checkBackEnds, checkSent, readFailures, type BackEnds } from './check-sent.ts'
import { checkSettings } from './check-settings.ts'
import { checkSpool } from './check-spool.ts'
import { checkStart } from './check-start.ts'
import { createExamination, type Examination } from './examination.ts'
import { found, type Finding } from './findings.ts'
import { findPlugAndPlay } from './plug-n-play.ts'
import { runProbe } from './run-probe.ts'

/** What may be done besides looking. */
export interface HowFar extends BackEnds {
  /** Whether a span, a log record and an audit record are sent. */
  readonly send: boolean
  readonly progress: (line: string) => void
  readonly env: CommandContext['env']
}

/** Looks at everything; a check that fails is a finding. */
export async function examine(application: Application, how: HowFar): Promise<Finding[]> {
  const examination = createExamination(application)
  const findings: Finding[] = []
  const add = async (what: string, check: () => Finding[] | Promise<Finding[]>): Promise<void> => {
    try {
      findings.push(...(await check()))
    } catch (error) {
      findings.push(found('check-failed', `${what}: ${examination.hide(toReason(error))}`))
    }
  }
  await add('Node.js', () => checkNode(application))
  const isTooOld = findings.some(({ code }) => code === 'node-too-old')
  await add('the start command', () => checkStart(application))
  await add('the packages', () => checkPackages(application))
  await add('the bundle', () => checkBundle(application))
  await add('worker threads and further processes', () => checkChildren(examination))
  await add('the settings', () => checkSettings(examination))
  await add('the port', () => checkPort(examination))
  await add('the audit spool', () => checkSpool(examination))
  if (!isTooOld) await add('the process', () => examineProcess(examination, how))
  return findings
}

/** Starts a process like the application, and sends from it what it would send. */
async function examineProcess(examination: Examination, how: HowFar): Promise<Finding[]> {
  // It would find no package, and that would say nothing of the application.
  if (findPlugAndPlay(examination.application)?.isOn === false) {
    const ends = await reachAll(examination, undefined)
    return checkEnds(examination, ends, undefined, new Map())
  }
  how.progress('starting a process like the application, with a probe in its place')
  const run = await runProbe(examination)
  const findings = checkProcess(examination, run)
  if (examination.settings.general.disabled) return findings
  const status = run.report?.status
  how.progress('asking the Collector')
  const ends = await reachAll(examination, status)
  const canSend =
    how.send && status?.active === true && Object.values(ends).some((end) => end.hasAnswered)
  if (!canSend) return [...findings, ...checkEnds(examination, ends, undefined, new Map())]
  how.progress('sending a span, a log record and an audit record from such a process')
  const { report, said } = await runProbe(examination, { audit: ends.audit?.hasAnswered ?? false })
  const sent = report?.sent
  if (!sent) {
    const lost = found('check-failed', 'the process that was to send something ended before it had')
    return [...findings, lost, ...checkEnds(examination, ends, undefined, new Map())]
  }
  const failures = readFailures(said)
  // What is wrong with an address has been said; what the SDK makes of it is no news.
  const unexplained = [...failures].filter(([signal]) => !ends[signal]?.problem)
  return [
    ...findings,
    ...checkEnds(examination, ends, sent, failures),
    ...checkSent(sent, new Map(unexplained)),
    ...(await checkBackEnds(sent, how, how.env)),
  ]
}
