import { init } from 'telltale'

// The preload of this service: its team has names of its own for where metrics are served.
const { PROMETHEUS_ENABLED, PROMETHEUS_PORT, PROMETHEUS_HOST } = process.env

init({
  metrics: { exporters: [PROMETHEUS_ENABLED === 'false' ? 'none' : 'prometheus'] },
  admin: { port: Number(PROMETHEUS_PORT || 9090), host: PROMETHEUS_HOST || '0.0.0.0' },
})
