import { init } from 'telltale'

// The preload of this service: its team has names of its own for where metrics are served.
const {
  PROMETHEUS_ENABLED: enabled = '',
  PROMETHEUS_PORT: port = '',
  PROMETHEUS_HOST: host = '',
} = process.env

if (!['', 'true', 'false'].includes(enabled)) {
  throw new Error(`PROMETHEUS_ENABLED must be true or false; got "${enabled}"`)
}
if (!/^\d{0,5}$/.test(port) || Number(port) > 65_535) {
  throw new Error(`PROMETHEUS_PORT must be a whole number from 0 to 65535; got "${port}"`)
}
init({
  metrics: { exporters: [enabled === 'false' ? 'none' : 'prometheus'] },
  admin: { port: Number(port || 9090), host: host || '0.0.0.0' },
})
