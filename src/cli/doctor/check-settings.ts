import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Application } from './application.ts'
import type { Examination } from './examination.ts'
import { fine, found, type Finding } from './findings.ts'

/** What the environment says, as the SDK reads it. */
export function checkSettings({ application, settings, warnings, hide }: Examination): Finding[] {
  const said = warnings.map((warning) => found(toCode(warning), hide(warning)))
  const { tracing, metrics, logging, general } = settings
  const exporters = {
    OTEL_TRACES_EXPORTER: tracing.exporters,
    OTEL_METRICS_EXPORTER: metrics.exporters,
    OTEL_LOGS_EXPORTER: logging.exporters,
  }
  const off = Object.entries(exporters)
    .filter(([, list]) => list?.includes('none') || list?.length === 0)
    .map(([variable]) => found('exporter-none', `${variable} is none`))
  const disabled = general.disabled ? [found('sdk-disabled', 'OTEL_SDK_DISABLED is true')] : []
  const all = [...said, ...off, ...disabled, ...checkSampler(tracing), ...checkEnvFile(application)]
  return all.length > 0
    ? all
    : [fine('settings', 'every TELLTALE_* and OTEL_* variable is understood')]
}

/** A sampler that takes no trace at all; one that takes a share is what somebody wants. */
function checkSampler({ sampler, samplerArgument }: Tracing): Finding[] {
  if (sampler.endsWith('always_off')) {
    return [found('nothing-sampled', `OTEL_TRACES_SAMPLER is ${sampler}`)]
  }
  const isNone = sampler.endsWith('traceidratio') && Number(samplerArgument ?? 1) === 0
  const what = `OTEL_TRACES_SAMPLER is ${sampler} with OTEL_TRACES_SAMPLER_ARG ${samplerArgument}`
  return isNone ? [found('nothing-sampled', what)] : []
}

type Tracing = Examination['settings']['tracing']

/** Preloads that read no file of variables; of any other nobody knows. */
const READS_NO_FILE = /^(?:telltale\/register|tsx)$/

/** A `.env` whose variables the process does not have: what the application reads itself comes too late. */
function checkEnvFile({ cwd, start, preloads, env }: Application): Finding[] {
  const isRead = start?.envFiles.length !== 0
  if (isRead || !preloads.every(({ specifier }) => READS_NO_FILE.test(specifier))) return []
  const missing = Object.keys(readEnvFile(join(cwd, '.env')))
    .filter((name) => /^(?:OTEL|TELLTALE)_/.test(name) && env[name] === undefined)
    .toSorted()
  if (missing.length === 0) return []
  const what = `.env sets ${missing.join(', ')}; nothing reads it before Telltale starts`
  return [found('env-file-not-read', what)]
}

function readEnvFile(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch {
    // There is none, or not for us.
    return {}
  }
}

function toCode(
  warning: string,
): 'setting-unknown' | 'setting-without-effect' | 'setting-unusable' {
  if (warning.includes('is not a known setting')) return 'setting-unknown'
  return warning.includes('has no effect') ? 'setting-without-effect' : 'setting-unusable'
}
