import { explainMissingPreload } from './check-start.ts'
import type { Examination } from './examination.ts'
import { fine, found, type Finding, type FindingCode } from './findings.ts'
import type { ProbeReport } from './probe.ts'
import type { ProbeRun } from './run-probe.ts'

/** Lines of the SDK that are findings of their own; the others are handed on as they are. */
const SAID: readonly (readonly [RegExp, FindingCode])[] = [
  [/^another OpenTelemetry SDK/, 'api-taken'],
  [/duplicate registration of API|registration of version/, 'api-taken'],
  [/^service\.name is/, 'service-name-missing'],
]

/** Lines that other checks tell of, or that come from how the probe is run. */
const TOLD_ELSEWHERE =
  /^(?:metrics on |not patched: |(?:traces|logs) cannot be exported|.*audit (?:records?|receiver|spool))/

/** What a process that is started like the application has become. */
export function checkProcess(
  { application, warnings, hide }: Examination,
  { report, said, lastWords }: ProbeRun,
): Finding[] {
  if (!report) return [found('start-failed', lastWords || 'it ended without a word')]
  const lines = said.filter(
    (line) => !TOLD_ELSEWHERE.test(line) && !warnings.map(hide).includes(line),
  )
  const others = [...Map.groupBy(lines, toCode)].flatMap(([code, group]) =>
    // The same in other words is said once; the last words are ours.
    (code === 'said-at-start' ? group : group.slice(-1)).map((line) => found(code, line)),
  )
  const { status } = report
  if (!status) {
    const foreign = report.apiVersion === undefined ? [] : [foreignApi(report.apiVersion)]
    const missing = explainMissingPreload(application)
    return [...(missing ? [missing] : []), ...foreign, ...others]
  }
  if (!status.active) {
    // The variable has been told of with the other settings.
    const isByVariable = status.reason?.includes('OTEL_SDK_DISABLED')
    return isByVariable ? others : [found('sdk-disabled', String(status.reason)), ...others]
  }
  return [...checkPatches(report), ...others]
}

function toCode(line: string): FindingCode {
  return SAID.find(([pattern]) => pattern.test(line))?.[1] ?? 'said-at-start'
}

function foreignApi(version: string): Finding {
  return found('api-taken', `version ${version} of @opentelemetry/api is registered by another SDK`)
}

function checkPatches({ status, modules, apiLogs, notLoaded, copies }: ProbeReport): Finding[] {
  const { hooks, notPatched = [], instrumentations = [] } = status!
  const twice = instrumentations.filter((name, index) => instrumentations.indexOf(name) !== index)
  const byName = Map.groupBy(modules, ({ name }) => name)
  const strange = [...byName].filter(([, states]) =>
    states.every(({ version, patched }) => version !== undefined && !patched),
  )
  const patched = [...byName].filter(([, states]) => states.some((state) => state.patched))
  const findings = [
    ...(hooks === 'async'
      ? [found('hooks-async', 'modules are intercepted through a thread')]
      : []),
    ...(copies
      ? [found('telltale-copies', `${copies.started} is started, ${copies.loaded} is loaded`)]
      : []),
    ...notPatched.map((what) => found('loaded-too-early', what)),
    ...[...new Set(twice)].map((name) => found('instrumentation-twice', `${name} is there twice`)),
    ...strange.map(([name, states]) =>
      found(
        'version-not-supported',
        `${name} ${states[0]!.version} is not among ${states.flatMap(({ supported }) => supported).join(', ')}`,
      ),
    ),
    ...(apiLogs === false ? [found('api-logs-silent', 'its logger provider does nothing')] : []),
    ...notLoaded.map((what) => found('check-failed', `a library cannot be loaded: ${what}`)),
  ]
  const names = patched.map(([name]) => name).toSorted()
  const what = names.join(', ') || 'nothing'
  return [fine('process', `Telltale is started first; patched: ${what}`), ...findings]
}
