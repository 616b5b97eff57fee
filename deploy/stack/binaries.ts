import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LauncherEnvironment } from './environment.ts'
import { versions } from './versions.ts'

/** The programs that are built from Go sources. */
export type BinaryName =
  | 'jaeger'
  | 'loki'
  | 'collector'
  | 'prometheus'
  | 'promtool'
  | 'alertmanager'

/** How one program is built. */
export interface BinaryRecipe {
  readonly name: BinaryName
  /** File name in the cache; holds the version, so that a new version is a new file. */
  readonly fileName: string
  /** What a person calls it. */
  readonly title: string
  /** Measured on two cores with an empty Go build cache. */
  readonly usualSeconds: number
  /** A module to download and build in its own folder; without it `directory` is built. */
  readonly module?: string
  readonly directory?: string
  /** Arguments of `go build` after the common ones. */
  readonly args: readonly string[]
}

/** The recipe of one program for the sources and versions at hand. */
export async function recipeOf(
  name: BinaryName,
  environment: LauncherEnvironment,
): Promise<BinaryRecipe> {
  if (name === 'loki') return ofLoki(environment)
  if (name === 'collector') return ofCollector(environment)
  return ofModule(name, MODULES[name])
}

const MODULES = {
  jaeger: { module: versions.jaeger.module, title: 'Jaeger', usualSeconds: 240 },
  prometheus: { module: versions.prometheus.module, title: 'Prometheus', usualSeconds: 300 },
  promtool: { module: versions.prometheus.module, title: 'promtool', usualSeconds: 60 },
  alertmanager: { module: versions.alertmanager.module, title: 'Alertmanager', usualSeconds: 60 },
} as const

function ofLoki(environment: LauncherEnvironment): BinaryRecipe {
  const version = versionOf(versions.loki.module)
  return {
    name: 'loki',
    fileName: `loki-${version}`,
    title: `Loki ${version}`,
    usualSeconds: 270,
    // Loki's go.mod has replacements, which only count in the main module: hence a wrapper.
    directory: join(environment.repository, 'deploy/loki'),
    args: ['-tags', 'netgo', 'github.com/grafana/loki/v3/cmd/loki'],
  }
}

async function ofCollector(environment: LauncherEnvironment): Promise<BinaryRecipe> {
  const sources = join(environment.repository, 'otel-collector')
  return {
    name: 'collector',
    fileName: `otelcol-telltale-${await hashOfSources(sources)}`,
    title: 'the Collector',
    usualSeconds: 300,
    directory: join(sources, 'distribution'),
    args: ['.'],
  }
}

function ofModule(
  name: keyof typeof MODULES,
  { module, title, usualSeconds }: (typeof MODULES)[keyof typeof MODULES],
): BinaryRecipe {
  const version = versionOf(module)
  return {
    name,
    fileName: `${name}-${version}`,
    title: `${title} ${version}`,
    usualSeconds,
    module,
    args: [`./cmd/${name}`],
  }
}

function versionOf(module: string): string {
  return module.slice(module.lastIndexOf('@') + 1)
}

/** Everything that ends up in the Collector's binary: sources, module files and embedded SQL. */
async function hashOfSources(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries
    .filter((entry) => entry.isFile() && isCompiled(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('/_build/'))
    .sort()
  const contents = await Promise.all(files.map(async (file) => readFile(file)))
  const hash = createHash('sha256')
  for (const [index, file] of files.entries()) {
    hash
      .update(`${file.slice(directory.length)}\0`)
      .update(contents[index] ?? '')
      .update('\0')
  }
  return hash.digest('hex').slice(0, 12)
}

function isCompiled(fileName: string): boolean {
  return /\.(?:go|mod|sum|sql)$/.test(fileName) && !fileName.endsWith('_test.go')
}
