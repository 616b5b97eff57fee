import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { parse } from 'yaml'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** The metrics of our Collector's components; a Go test holds each metadata.yaml equal to the instruments. */
export function collectorMetricNames(): string[] {
  return readdirSync(join(repository, 'otel-collector'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /(?:exporter|extension)$/.test(entry.name))
    .flatMap(({ name }) => {
      const path = join(repository, 'otel-collector', name, 'metadata.yaml')
      const { telemetry } = parse(readFileSync(path, 'utf8')) as {
        readonly telemetry: { readonly metrics: Readonly<Record<string, object>> }
      }
      return Object.keys(telemetry.metrics).map(
        (metric) => `otelcol_${metric.replaceAll('.', '_')}`,
      )
    })
}

/** What the catalogues of the examples declare, as series are named: a histogram has three names. */
export async function exampleMetricNames(): Promise<string[]> {
  const files = readdirSync(join(repository, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(repository, 'examples', name, 'src', 'metrics.ts'))
    .filter(exists)
  const modules: object[] = []
  for (const file of files) {
    // Each example is a process of its own: two may declare one name in different shapes.
    vi.resetModules()
    modules.push((await import(file)) as object)
  }
  return modules
    .flatMap((module) => Object.values(module))
    .filter((value): value is object => typeof value === 'object' && value !== null)
    .flatMap((catalogue) => Object.values(catalogue))
    .flatMap((instrument) => {
      const { definition } = (instrument ?? {}) as { definition?: { name: string; kind: string } }
      if (!definition) return []
      const parts = definition.kind === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
      return parts.map((part) => definition.name + part)
    })
}

function exists(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch {
    return false
  }
}
