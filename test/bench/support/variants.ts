import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Peer, resolveIn } from './peers.ts'

/** One way of starting the same application. */
export interface Variant {
  readonly name: string
  /** Arguments of node before the file. */
  readonly nodeArguments: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

/** The repository; `--import telltale/register` is resolved from here. */
export const repository: string = fileURLToPath(new URL('../../../', import.meta.url))

/** The path of an application or helper process of the benchmarks. */
export function appPath(name: string): string {
  return fileURLToPath(new URL(`../apps/${name}`, import.meta.url))
}

/** Without any telemetry. */
export const bare: Variant = { name: 'bare', nodeArguments: [], variables: {} }

/** This package, as built in dist. */
export function ours(name = 'ours', variables: Readonly<Record<string, string>> = {}): Variant {
  return { name, nodeArguments: ['--import', 'telltale/register'], variables }
}

/** The usual zero-code set-up. */
export function theirs(peer: Peer): Variant {
  const register = resolveIn(peer, '@opentelemetry/auto-instrumentations-node/register')
  return {
    name: 'theirs',
    nodeArguments: ['--import', pathToFileURL(register).href],
    // Its default also asks the addresses at which clouds tell their metadata; a benchmark stays on this machine.
    variables: { OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process,serviceinstance' },
  }
}

/** One SDK under hooks and instrumentations like ours, by the umbrella package or from its parts. */
export function plainSdk(name: 'umbrella' | 'parts', { folder }: Peer): Variant {
  return {
    name,
    nodeArguments: ['--import', pathToFileURL(appPath('sdk-preload.mjs')).href],
    variables: { TELLTALE_BENCH_PEER: folder, TELLTALE_BENCH_SDK: name },
  }
}

/** The environment of a measured process: only what a variant says, nothing of the caller's telemetry settings. */
export function toEnvironment(
  variant: Variant,
  more: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL|TELLTALE|NODE|npm)_/.test(name),
  )
  return {
    ...Object.fromEntries(inherited),
    OTEL_SERVICE_NAME: 'bench',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    ...variant.variables,
    ...more,
  }
}
