import type { Examination } from './examination.ts'
import { fine, found, type Finding } from './findings.ts'

/** What the environment says, as the SDK reads it. */
export function checkSettings({ settings, warnings, hide }: Examination): Finding[] {
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
  const all = [...said, ...off, ...disabled]
  return all.length > 0
    ? all
    : [fine('settings', 'every TELLTALE_* and OTEL_* variable is understood')]
}

function toCode(
  warning: string,
): 'setting-unknown' | 'setting-without-effect' | 'setting-unusable' {
  if (warning.includes('is not a known setting')) return 'setting-unknown'
  return warning.includes('has no effect') ? 'setting-without-effect' : 'setting-unusable'
}
