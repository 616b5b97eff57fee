import { describe, expect, test } from 'vitest'
import { toPrometheusName, type PrometheusKind } from '../../../src/metrics/prometheus-name.ts'

type Row = readonly [name: string, unit: string, kind: PrometheusKind, expected: string]

const RULES: Readonly<Record<string, readonly Row[]>> = {
  'letters that Prometheus does not know become underscores': [
    ['http.server.active_requests', '', 'gauge', 'http_server_active_requests'],
    ['queue-depth', '', 'gauge', 'queue_depth'],
    ['a/b', '', 'gauge', 'a_b'],
    ['größe', '', 'gauge', 'gr_e'],
  ],
  'a colon is for recording rules and becomes an underscore': [
    ['job:requests', '', 'gauge', 'job_requests'],
  ],
  'underscores are neither doubled nor at the edges': [
    ['a..b', '', 'gauge', 'a_b'],
    ['a__b', '', 'gauge', 'a_b'],
    ['_a_', '', 'gauge', 'a'],
    ['a.', 's', 'gauge', 'a_seconds'],
  ],
  'a digit does not come first': [
    ['5xx.responses', '', 'gauge', '_5xx_responses'],
    ['.5xx', '', 'gauge', '_5xx'],
  ],
  'the unit becomes a suffix': [
    ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
    ['pause', 'ms', 'gauge', 'pause_milliseconds'],
    ['pause', 'us', 'gauge', 'pause_microseconds'],
    ['pause', 'ns', 'gauge', 'pause_nanoseconds'],
    ['age', 'min', 'gauge', 'age_minutes'],
    ['age', 'h', 'gauge', 'age_hours'],
    ['age', 'd', 'gauge', 'age_days'],
    ['memory', 'By', 'gauge', 'memory_bytes'],
    ['memory', 'KiBy', 'gauge', 'memory_kibibytes'],
    ['memory', 'MiBy', 'gauge', 'memory_mebibytes'],
    ['memory', 'GBy', 'gauge', 'memory_gigabytes'],
    ['room', 'Cel', 'gauge', 'room_celsius'],
    ['load', '%', 'gauge', 'load_percent'],
    ['cost', 'USD', 'gauge', 'cost_USD'],
    ['cost', 'US$', 'gauge', 'cost_US'],
  ],
  'a unit that the name ends with already is not put on again': [
    ['backup.duration.seconds', 's', 'histogram', 'backup_duration_seconds'],
    ['bytes', 'By', 'gauge', 'bytes'],
    ['io.bytes_per_second', 'By/s', 'gauge', 'io_bytes_per_second'],
    ['kilobytes', 'By', 'gauge', 'kilobytes_bytes'],
    ['bytes.read', 'By', 'gauge', 'bytes_read_bytes'],
  ],
  'a counter ends in _total, once': [
    ['http.requests', '', 'counter', 'http_requests_total'],
    ['http.requests.total', '', 'counter', 'http_requests_total'],
    ['http_requests_total', '{request}', 'counter', 'http_requests_total'],
    ['subtotal', '', 'counter', 'subtotal_total'],
  ],
  '_total comes after the unit, wherever the name has it': [
    ['cpu.time', 's', 'counter', 'cpu_time_seconds_total'],
    ['cpu.time.total', 's', 'counter', 'cpu_time_seconds_total'],
    ['cpu.seconds.total', 's', 'counter', 'cpu_seconds_total'],
  ],
  'only a counter loses or gains _total': [
    ['jwt_active_keys_total', '', 'gauge', 'jwt_active_keys_total'],
    ['sizes', 'By', 'histogram', 'sizes_bytes'],
  ],
  'the unit 1 is a ratio on gauges only': [
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['hit_ratio', '1', 'gauge', 'hit_ratio'],
    ['events', '1', 'counter', 'events_total'],
    ['score', '1', 'histogram', 'score'],
  ],
  'a unit per another is written out': [
    ['io', 'By/s', 'gauge', 'io_bytes_per_second'],
    ['speed', 'm/s', 'gauge', 'speed_meters_per_second'],
    ['rate', 'By/m', 'gauge', 'rate_bytes_per_minute'],
    ['rate', 'By/h', 'gauge', 'rate_bytes_per_hour'],
    ['rate', 'By/d', 'gauge', 'rate_bytes_per_day'],
    ['rate', 'By/w', 'gauge', 'rate_bytes_per_week'],
    ['rate', 'By/mo', 'gauge', 'rate_bytes_per_month'],
    ['rate', 'By/y', 'gauge', 'rate_bytes_per_year'],
    ['rate', 'By/km', 'gauge', 'rate_bytes_per_km'],
    ['rate', '1/s', 'gauge', 'rate_per_second'],
  ],
  'what stands in braces is a note for people': [
    ['requests', '{request}', 'gauge', 'requests'],
    ['rate', '{request}/s', 'gauge', 'rate_per_second'],
    ['time', 's/{request}', 'gauge', 'time_seconds'],
    ['size', 'By{payload}', 'gauge', 'size_bytes'],
    ['share', '{a}{b}', 'gauge', 'share'],
  ],
}

describe.each(Object.entries(RULES))('%s', (_rule, rows) => {
  test.each(rows)('%s in %j as a %s is %s', (name, unit, kind, expected) => {
    expect(toPrometheusName(name, unit, kind)).toBe(expected)
  })
})
