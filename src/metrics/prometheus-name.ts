/**
 * OpenTelemetry units in Prometheus' words.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
const UNITS = toTable({
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
})

const PER = toTable({
  s: 'second',
  m: 'minute',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
})

/** The kinds of metric that Prometheus tells apart. */
export type PrometheusKind = 'counter' | 'gauge' | 'histogram'

/**
 * The name under which Prometheus sees a metric: letters it allows, the unit's suffix, `_total` for counters; a
 * suffix that the name already has is not put on again.
 *
 * `http.server.request.duration` in `s` becomes `http_server_request_duration_seconds`.
 */
export function toPrometheusName(name: string, unit: string, kind: PrometheusKind): string {
  const words = toWord(name).replace(/^(?=\d)/, '_')
  const total = kind === 'counter'
  const base = total ? words.replace(/_total$/, '') : words
  const suffix = toUnitSuffix(unit, kind)
  const withUnit =
    suffix === '' || base === suffix || base.endsWith(`_${suffix}`) ? base : `${base}_${suffix}`
  return total ? `${withUnit}_total` : withUnit
}

function toUnitSuffix(unit: string, kind: PrometheusKind): string {
  // What stands in braces is a note for people: {request}.
  const bare = unit.replaceAll(/\{[^}]*\}/g, '').trim()
  if (bare === '1') return kind === 'gauge' ? 'ratio' : ''
  const [over = '', under] = bare.split('/')
  const first = over === '1' ? '' : toWord(UNITS.get(over) ?? over)
  if (under === undefined || under === '') return first
  const second = toWord(PER.get(under) ?? UNITS.get(under) ?? under)
  return first === '' ? `per_${second}` : `${first}_per_${second}`
}

/** Not an object: it would know a unit "constructor". */
function toTable(words: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(words))
}

/** Only what Prometheus allows in a name, without doubled or outer underscores. */
function toWord(text: string): string {
  return text
    .replaceAll(/[^a-zA-Z0-9_]/g, '_')
    .replaceAll(/_{2,}/g, '_')
    .replaceAll(/^_|_$/g, '')
}
