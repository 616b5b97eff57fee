/** How bad a finding is: `ok` says what was looked at and is right. */
export type Level = 'ok' | 'warning' | 'error'

/** One thing that the doctor has looked at. */
export interface Finding {
  readonly level: Level
  readonly code: string
  readonly what: string
  /** Missing when there is nothing to do. */
  readonly wayOut?: string
}

interface Kind {
  readonly level: 'warning' | 'error'
  readonly meaning: string
  readonly wayOut: string
}

/** Everything that can be wrong, for the doctor and its reference. An error costs telemetry or audit records; a warning may. */
export const FINDINGS = {
  'node-too-old': {
    level: 'error',
    meaning: 'Node.js is older than the packages of OpenTelemetry SDK 3 allow.',
    wayOut: 'Use Node.js 22.15 or later; 24.11.1 or later has synchronous module hooks.',
  },
  'node-typescript': {
    level: 'error',
    meaning: 'The preload or the application is TypeScript, which this Node.js does not run.',
    wayOut: 'Use Node.js 22.18 or later, or start what the compiler has made of it.',
  },
  'hooks-async': {
    level: 'warning',
    meaning:
      'This Node.js has no synchronous module hooks; ES modules are intercepted through a thread, which makes starts slower.',
    wayOut: 'Use Node.js 22.22.3, 24.11.1, 26 or later.',
  },
  'start-unknown': {
    level: 'warning',
    meaning: 'It is not known how the application is started.',
    wayOut: 'Give the command: telltale doctor -- node --import telltale/register server.js',
  },
  'entry-missing': {
    level: 'error',
    meaning: 'The file that the start command runs is not there.',
    wayOut: 'Build the application first, or correct the start command.',
  },
  'start-failed': {
    level: 'error',
    meaning: 'Node.js does not come up with the arguments of the start command.',
    wayOut: 'Correct what Node.js says, most often the path of the preload.',
  },
  'preload-missing': {
    level: 'error',
    meaning: 'Nothing starts Telltale before the application.',
    wayOut:
      'Start with node --import telltale/register, or put that into NODE_OPTIONS; a preload of your own must call init().',
  },
  'preload-in-code': {
    level: 'error',
    meaning:
      'The application starts Telltale itself: what its modules import is loaded before that, and is not patched.',
    wayOut: 'Load the file that calls init() by node --import instead of importing it.',
  },
  'docker-preload-missing': {
    level: 'warning',
    meaning: 'The Dockerfile starts the application without the preload.',
    wayOut:
      'Put the preload into its CMD or ENTRYPOINT, or set ENV NODE_OPTIONS="--import telltale/register".',
  },
  'preload-of-another': {
    level: 'error',
    meaning: 'The start command also preloads another OpenTelemetry SDK or agent.',
    wayOut: 'Start only one of them.',
  },
  'child-without-preload': {
    level: 'warning',
    meaning:
      'The application starts a worker thread, a cluster worker or a further Node.js without the preload: no telemetry of such a process, no audit record of such a thread.',
    wayOut:
      'Hand process.execArgv and process.env on; what spawn() starts gets the preload from NODE_OPTIONS only.',
  },
  'loaded-too-early': {
    level: 'error',
    meaning:
      'A module was loaded before Telltale, or is not patched; its calls are not all traced.',
    wayOut: 'Let --import telltale/register be the first preload.',
  },
  'api-not-found': {
    level: 'error',
    meaning: 'The application cannot load @opentelemetry/api.',
    wayOut: 'npm install @opentelemetry/api@1.10',
  },
  'api-mismatch': {
    level: 'error',
    meaning:
      'The application gets a version of @opentelemetry/api that Telltale does not work with.',
    wayOut: 'npm install @opentelemetry/api@1.10, and see npm ls @opentelemetry/api.',
  },
  'api-copies': {
    level: 'warning',
    meaning:
      'Packages bring their own, other version of @opentelemetry/api: an older one has no logs, a newer one none at all.',
    wayOut:
      'See npm ls @opentelemetry/api; update the package, or set "overrides" in package.json.',
  },
  'api-taken': {
    level: 'error',
    meaning: 'Something else had registered itself behind the OpenTelemetry API first.',
    wayOut: 'Start only one OpenTelemetry SDK, and Telltale first.',
  },
  'api-logs-silent': {
    level: 'warning',
    meaning:
      'What is logged through the copy of @opentelemetry/api-logs that the application loads goes nowhere.',
    wayOut: 'Use logs of @opentelemetry/api, or @opentelemetry/api-logs 0.2xx.',
  },
  'telltale-not-found': {
    level: 'error',
    meaning: 'The application cannot load telltale.',
    wayOut: 'npm install telltale',
  },
  'packages-elsewhere': {
    level: 'warning',
    meaning:
      "The packages are in Yarn's Plug'n'Play, where the doctor does not look for copies and versions; unless yarn runs it, no process is started either.",
    wayOut: 'Run it by yarn, as in: yarn telltale doctor; or set nodeLinker: node-modules.',
  },
  'telltale-copies': {
    level: 'error',
    meaning:
      'The preload starts another copy of telltale than the one that the application loads: audit.record() rejects there, and what was set for the one (names of secrets, the shape of health answers) is not set for the other.',
    wayOut:
      'Install telltale once: see npm ls telltale; let the preload be the one of the application.',
  },
  'hook-copies': {
    level: 'warning',
    meaning:
      'An instrumentation brings its own copy of import-in-the-middle, which sees nothing of what ES modules import.',
    wayOut:
      'Install the version whose @opentelemetry/instrumentation fits, or set "overrides" for import-in-the-middle.',
  },
  'instrumentation-twice': {
    level: 'error',
    meaning: 'A module is patched by two instrumentations; each of its calls makes two spans.',
    wayOut: 'Give it once in "instrumentations".',
  },
  'version-not-supported': {
    level: 'warning',
    meaning: 'The instrumentation does not know the installed version of its library.',
    wayOut: 'Update the library or the instrumentation.',
  },
  'bundle-with-libraries': {
    level: 'error',
    meaning: 'The application is a bundle with libraries in it that are then never patched.',
    wayOut:
      'Keep packages out of the bundle: esbuild --packages=external, webpack-node-externals, or external in rollup and rolldown.',
  },
  'setting-unknown': {
    level: 'warning',
    meaning: 'A TELLTALE_* or OTEL_* variable that nothing reads.',
    wayOut: 'Correct its name: docs/reference/settings.md has them all.',
  },
  'setting-without-effect': {
    level: 'warning',
    meaning: 'A variable that is set for other SDKs and means nothing here.',
    wayOut: 'Remove it, or set what the message names.',
  },
  'setting-unusable': {
    level: 'warning',
    meaning: 'A variable whose value cannot be used; it counts as unset.',
    wayOut: 'Correct its value.',
  },
  'sdk-disabled': {
    level: 'warning',
    meaning: 'Telemetry is turned off, and audit.record() rejects.',
    wayOut: 'Remove OTEL_SDK_DISABLED, or the option "disabled".',
  },
  'exporter-none': {
    level: 'warning',
    meaning: 'A signal is sent nowhere.',
    wayOut: 'Remove the variable OTEL_…_EXPORTER.',
  },
  'nothing-sampled': {
    level: 'warning',
    meaning: 'No trace that begins in this service is ever taken.',
    wayOut: 'Remove OTEL_TRACES_SAMPLER, or give it a share above 0.',
  },
  'env-file-not-read': {
    level: 'warning',
    meaning:
      'A file .env beside the start script has variables that the process lacks; what the application itself reads comes after Telltale has started.',
    wayOut: 'Start with node --env-file=.env --import …, or set them where the service is started.',
  },
  'service-name-missing': {
    level: 'warning',
    meaning: 'Nobody has named the service.',
    wayOut: 'Set OTEL_SERVICE_NAME.',
  },
  'port-taken': {
    level: 'error',
    meaning: 'The port for /metrics, /health and /ready is in use by somebody else.',
    wayOut: 'Set OTEL_EXPORTER_PROMETHEUS_PORT to another port; 0 picks a free one.',
  },
  'port-unusable': {
    level: 'error',
    meaning: 'The address for /metrics, /health and /ready cannot be listened on.',
    wayOut: 'Correct OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT.',
  },
  'spool-unusable': {
    level: 'error',
    meaning: 'The folder of the audit spool cannot be used; audit.record() rejects.',
    wayOut:
      "Set TELLTALE_AUDIT_SPOOL_DIRECTORY to a folder of the service's user on a local disk, and run the doctor as that user.",
  },
  'spool-in-memory': {
    level: 'warning',
    meaning: 'The audit spool is in memory: its records do not outlive the machine.',
    wayOut: 'Set TELLTALE_AUDIT_SPOOL_DIRECTORY to a folder on a disk.',
  },
  'spool-disk-full': {
    level: 'error',
    meaning: 'The disk of the audit spool has no room left.',
    wayOut: 'Make room on the disk.',
  },
  'spool-room': {
    level: 'warning',
    meaning: 'The disk has less room than the audit spool may take.',
    wayOut: 'Make room, or set TELLTALE_AUDIT_SPOOL_MAX_BYTES to less.',
  },
  'records-parked': {
    level: 'warning',
    meaning: 'The Collector has refused audit records for good; they are not in the trail.',
    wayOut: 'See telltale audit parked.',
  },
  'collector-name': {
    level: 'error',
    meaning: 'The host name of the endpoint is not known.',
    wayOut: 'Correct the endpoint, or the name service of this machine.',
  },
  'collector-refused': {
    level: 'error',
    meaning: 'Nothing listens at the endpoint.',
    wayOut: 'Start the Collector, or correct the endpoint and its port.',
  },
  'collector-silent': {
    level: 'error',
    meaning: 'The endpoint does not answer in time.',
    wayOut: 'Look for a firewall in between, and at the load of the Collector.',
  },
  'collector-tls': {
    level: 'error',
    meaning: 'There is no trusted TLS connection to the endpoint.',
    wayOut:
      'Set OTEL_EXPORTER_OTLP_CERTIFICATE to the CA of its certificate; http:// and https:// must be what it speaks.',
  },
  'collector-unauthorized': {
    level: 'error',
    meaning: 'The endpoint does not let us in.',
    wayOut: 'Correct OTEL_EXPORTER_OTLP_HEADERS.',
  },
  'collector-wrong': {
    level: 'error',
    meaning: 'What answers at the endpoint is not an OTLP/HTTP receiver.',
    wayOut: 'Correct the endpoint: OTLP/HTTP is on port 4318, 4317 is gRPC; give the base URL.',
  },
  'clock-skew': {
    level: 'warning',
    meaning:
      "This machine's clock and the Collector's differ; times in traces and audit records do.",
    wayOut: 'Synchronise both clocks by NTP.',
  },
  'audit-not-set-up': {
    level: 'warning',
    meaning: 'No audit receiver was named, and there is none beside the Collector.',
    wayOut:
      'Set TELLTALE_AUDIT_ENDPOINT and TELLTALE_AUDIT_TOKEN; a service that records no audit events needs none.',
  },
  'audit-token-missing': {
    level: 'error',
    meaning: 'The audit receiver asks for a token, and none is set.',
    wayOut: "Set TELLTALE_AUDIT_TOKEN to this producer's token.",
  },
  'audit-token-refused': {
    level: 'error',
    meaning: 'The audit receiver does not know the token.',
    wayOut: "Set TELLTALE_AUDIT_TOKEN to this producer's token.",
  },
  'audit-no-receipt': {
    level: 'error',
    meaning:
      'What answers at the audit endpoint gives no receipts, so it is not an audit receiver.',
    wayOut: 'Correct TELLTALE_AUDIT_ENDPOINT; the audit receiver is on port 4319.',
  },
  'span-not-sent': {
    level: 'error',
    meaning: 'A span made in the process of the application was not taken by the Collector.',
    wayOut: 'See what the SDK said.',
  },
  'log-not-sent': {
    level: 'error',
    meaning: 'A log record made in the process of the application was not taken by the Collector.',
    wayOut: 'See what the SDK said.',
  },
  'audit-not-committed': {
    level: 'error',
    meaning: 'An audit record made in the process of the application was not committed.',
    wayOut: 'Look at the log of the Collector; docs/runbooks/audit.md.',
  },
  'span-not-found': {
    level: 'error',
    meaning: 'The span that the Collector has taken is not in Jaeger.',
    wayOut: 'Look at the pipeline of traces in the Collector, and at its own metrics.',
  },
  'log-not-found': {
    level: 'error',
    meaning: 'The log record that the Collector has taken is not in Loki.',
    wayOut: 'Look at the pipeline of logs in the Collector, and at the tenant it is written to.',
  },
  'audit-not-found': {
    level: 'error',
    meaning: 'The audit record that was receipted is not in this database.',
    wayOut: 'Look at which database the Collector writes to.',
  },
  'said-at-start': {
    level: 'warning',
    meaning: 'Telltale says something else at the start of the application.',
    wayOut: 'Do what it says.',
  },
  'check-failed': {
    level: 'warning',
    meaning: 'The doctor could not look at something.',
    wayOut: 'See why, and ask again.',
  },
} as const satisfies Readonly<Record<string, Kind>>

/** What can be wrong, by name. */
export type FindingCode = keyof typeof FINDINGS

/** Something that is wrong here. */
export function found(code: FindingCode, what: string, level?: Level): Finding {
  const kind = FINDINGS[code]
  return { level: level ?? kind.level, code, what, wayOut: kind.wayOut }
}

/** Something that was looked at and is right. */
export function fine(code: string, what: string): Finding {
  return { level: 'ok', code, what }
}
