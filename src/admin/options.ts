import { text, wholeNumber, type SettingsOf } from '../config/setting.ts'

/** Settings of the admin server: /metrics, /health and /ready. */
export interface AdminOptions {
  /** Port it listens on; 0 picks a free one and prints it. In a cluster worker its number is added. Default 9090. */
  port?: number | undefined
  /** Address it listens on. Default all of them, because Prometheus scrapes from elsewhere. */
  host?: string | undefined
}

export const adminSettings = {
  port: wholeNumber({ env: 'OTEL_EXPORTER_PROMETHEUS_PORT', default: 9090, min: 0, max: 65_535 }),
  host: text<string>({ env: 'OTEL_EXPORTER_PROMETHEUS_HOST', default: '0.0.0.0' }),
} satisfies SettingsOf<AdminOptions>
