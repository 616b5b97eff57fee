import { httpUrl, text } from '../config/setting.ts'
import { defineCommand } from './command.ts'
import { flag, option, postgresOption } from './options.ts'

/** `telltale doctor` */
export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Find out why telemetry or audit records of an application are missing',
  about: [
    'Looks at the application in this folder, at its start script, its packages, its environment, and starts a process like it with a probe in the place of the application, which itself is never run. From that process one span, one log record and one audit record are sent.',
    'Run it where the service runs, as its user and with its environment. Every finding is explained in docs/reference/doctor.md. Values of secret settings are never printed.',
  ],
  rest: {
    name: 'COMMAND',
    about:
      'The command that starts the application, such as node --import telltale/register server.js.',
  },
  options: {
    app: option(
      'PATH',
      'File that the service runs, or its folder. Default: this folder.',
      text<string | undefined>({ default: undefined }),
    ),
    noRoundTrip: flag('Send no span, no log record and no audit record: only look.'),
    jaeger: url('Jaeger, to look there for the span that was sent.'),
    loki: url('Loki, to look there for the log record.'),
    postgres: {
      ...postgresOption,
      about: 'The audit database, to look there for the audit record.',
    },
  },
  exitCodes: { 1: 'There are warnings.', 2: 'There are errors.' },
  run: async ({ app, noRoundTrip, jaeger, loki, postgres }, { env, progress }, command) => {
    const { findApplication, shownCommand } = await import('./doctor/application.ts')
    const { examine } = await import('./doctor/examine.ts')
    const { reportText } = await import('./doctor/report-text.ts')
    const application = findApplication({ app, command, cwd: process.cwd(), env })
    const findings = await examine(application, {
      send: !noRoundTrip,
      jaeger,
      loki,
      postgres,
      progress,
      env,
    })
    const count = (level: string): number => findings.filter((each) => each.level === level).length
    const [errors, warnings] = [count('error'), count('warning')]
    const { name, folder } = application
    return {
      exitCode: errors > 0 ? 2 : warnings > 0 ? 1 : 0,
      json: {
        application: { name, folder, command: shownCommand(application) },
        findings,
        errors,
        warnings,
      },
      text: reportText(application, findings),
    }
  },
})

function url(about: string) {
  return option('URL', about, httpUrl<string | undefined>({ default: undefined }))
}
