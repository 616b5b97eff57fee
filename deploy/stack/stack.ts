import type { PartialAddresses, StackAddresses } from './addresses.ts'
import { ensureBinaries } from './binary-cache.ts'
import { type Component, type ComponentName, componentNames } from './component.ts'
import { addScrapeTarget } from './components/prometheus.ts'
import { createDatabase } from './database.ts'
import { readLauncherEnvironment } from './environment.ts'
import { type LaunchedStack, launch } from './launch.ts'
import { toLines } from './progress.ts'
import { recordNameOfOwner } from './state.ts'

export type { PartialAddresses, StackAddresses } from './addresses.ts'
export type { Component, ComponentName, StopMode } from './component.ts'

/** Components that are only there when asked for. */
export const optionalComponents = ['prometheus', 'alertmanager'] as const

/** How a stack is started. */
export interface StackOptions {
  /** Components beyond the usual ones. */
  readonly with?: readonly string[]
  /** The ports of docs/reference/stack.md instead of free ones. Default false. */
  readonly fixedPorts?: boolean
  /** Told what is going on: each step, and during a long build about every 15 seconds. */
  readonly onProgress?: (line: string) => void
}

/** A running stack that belongs to this process and ends with it, however it ends. */
export interface Stack<Addresses = StackAddresses> extends AsyncDisposable {
  /** Where everything is; read again after restarting a component, whose process id is then another. */
  readonly addresses: Addresses
  /** @throws {Error} when this stack has no such component */
  component(name: ComponentName): Component
  /**
   * Makes an application's database with an owner of the same name.
   *
   * @returns the owner's URL
   */
  createDatabase(name: string): Promise<string>
  /** Has this stack's Prometheus scrape `http://address/metrics` from within five seconds. */
  scrape(
    name: string,
    target: { readonly address: string; readonly labels?: Readonly<Record<string, string>> },
  ): void
  /** Ends every component and removes everything the stack has on disk; may be called again. */
  stop(): Promise<void>
}

/** Starts PostgreSQL, Redis, Jaeger, Loki and the Collector, and returns when all are ready. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const launched = await launchOwned(componentsOf(options.with ?? []), options)
  return toStack(launched, () => complete(launched.addresses()))
}

/** Starts only the named components, in a stack of their own. */
export async function startPartOfStack(
  components: readonly ComponentName[],
  options: Omit<StackOptions, 'with'> = {},
): Promise<Stack<PartialAddresses>> {
  const launched = await launchOwned(components, options)
  return toStack(launched, () => launched.addresses())
}

async function launchOwned(
  components: readonly ComponentName[],
  options: Omit<StackOptions, 'with'>,
): Promise<LaunchedStack> {
  return launch({
    components,
    fixedPorts: options.fixedPorts ?? false,
    recordName: recordNameOfOwner(),
    environment: readLauncherEnvironment(),
    progress: toLines(options.onProgress ?? (() => {})),
  })
}

function toStack<Addresses>(
  launched: LaunchedStack,
  readAddresses: () => Addresses,
): Stack<Addresses> {
  const component = (name: ComponentName): Component => {
    const found = launched.components.get(name)
    if (found) return found
    throw new Error(
      `this stack has no ${name}; it has ${[...launched.components.keys()].join(', ')}`,
    )
  }
  return {
    get addresses() {
      return readAddresses()
    },
    component,
    createDatabase: async (name) => {
      component('postgres')
      return createDatabase(launched.addresses().postgres ?? '', name)
    },
    scrape: (name, target) => {
      component('prometheus')
      addScrapeTarget(launched.stateDirectory, name, target)
    },
    stop: async () => launched.stop(),
    [Symbol.asyncDispose]: async () => launched.stop(),
  }
}

function complete(addresses: PartialAddresses): StackAddresses {
  if (isComplete(addresses)) return addresses
  throw new Error('a default component of this stack has no address')
}

const MAY_BE_ABSENT: ReadonlySet<string> = new Set([
  'prometheus',
  'alertmanager',
  'checkpointPublicKey',
])

function isComplete(addresses: PartialAddresses): addresses is StackAddresses {
  return Object.entries(addresses).every(([key, value]) => value !== null || MAY_BE_ABSENT.has(key))
}

/** The path of promtool, which is built first where it is not in the cache yet. */
export async function promtoolPath(onProgress: (line: string) => void = () => {}): Promise<string> {
  const paths = await ensureBinaries(['promtool'], readLauncherEnvironment(), toLines(onProgress))
  return paths.get('promtool') ?? ''
}

/**
 * The components of a stack with these additions.
 *
 * @throws {Error} naming an addition that does not exist
 */
export function componentsOf(additions: readonly string[]): readonly ComponentName[] {
  const optional: readonly string[] = optionalComponents
  for (const name of additions) {
    if (optional.includes(name)) continue
    throw new Error(`"with" takes ${optional.join(' and ')}; got ${JSON.stringify(name)}`)
  }
  return componentNames.filter((name) => !optional.includes(name) || additions.includes(name))
}
