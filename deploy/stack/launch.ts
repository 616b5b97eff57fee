import type { PartialAddresses } from './addresses.ts'
import { ensureBinaries, needsBuilding } from './binary-cache.ts'
import { makeCheckpointKey } from './checkpoint-key.ts'
import {
  type ComponentName,
  type ComponentPlan,
  createComponent,
  type ManagedComponent,
} from './component.ts'
import { until } from './deadline.ts'
import type { PlanContext } from './components/plan-context.ts'
import { superuserLogin } from './components/postgres.ts'
import { newSecret, prepareAuditDatabase, toPostgresUrl } from './database.ts'
import type { LauncherEnvironment } from './environment.ts'
import { binariesOf, planComponent, portsOf, type StackPrograms } from './plans.ts'
import { type ClaimedPorts, claimPorts } from './ports.ts'
import type { ProcessIdentity } from './process-identity.ts'
import type { Progress } from './progress.ts'
import { findRequirements } from './requirements.ts'
import { toAddresses } from './to-addresses.ts'
import { tailOf } from './run-program.ts'
import {
  clearStale,
  createStateDirectory,
  identifySelf,
  removeState,
  type StackRecord,
  writeRecord,
} from './state.ts'

/** What to launch, and under which record. */
export interface LaunchRequest {
  readonly components: readonly ComponentName[]
  readonly fixedPorts: boolean
  readonly recordName: string
  readonly environment: LauncherEnvironment
  readonly progress: Progress
  /** Gives up and clears away what was begun. */
  readonly signal?: AbortSignal | undefined
}

/** A stack that is up. */
export interface LaunchedStack {
  readonly stateDirectory: string
  readonly components: ReadonlyMap<ComponentName, ManagedComponent>
  addresses(): PartialAddresses
  /** Ends every component and removes the stack's folder; may be called again. */
  stop(): Promise<void>
}

/**
 * Brings a stack up: finds and builds its programs, starts the components and waits until each is ready.
 *
 * @throws {Error} after clearing away what was begun
 */
export async function launch(request: LaunchRequest): Promise<LaunchedStack> {
  const { environment, progress } = request
  for (const directory of await clearStale(environment)) {
    progress({ kind: 'line', text: `cleared what an ended stack had left: ${directory}` })
  }
  const launching = new Launching(request)
  try {
    request.signal?.throwIfAborted()
    await launching.run()
    return launching
  } catch (error) {
    await launching.stop()
    throw error
  }
}

const WELL_WITHIN_MILLIS = 20_000

class Launching implements LaunchedStack {
  readonly stateDirectory: string
  readonly components = new Map<ComponentName, ManagedComponent>()
  readonly #request: LaunchRequest
  readonly #owner: ProcessIdentity
  readonly #secrets = {
    postgresPassword: newSecret(),
    auditWriterPassword: newSecret(),
    auditAuditorPassword: newSecret(),
    auditToken: newSecret(),
  }
  readonly #plans: ComponentPlan[] = []
  #ports: ClaimedPorts | undefined
  #starting: Promise<unknown> = Promise.resolve()
  #isReady = false
  #stopping: Promise<void> | undefined

  constructor(request: LaunchRequest) {
    this.#request = request
    this.#owner = identifySelf()
    this.stateDirectory = createStateDirectory(request.environment)
    this.#record()
  }

  async run(): Promise<void> {
    const { components, environment, fixedPorts, progress, signal } = this.#request
    const programs = await this.#findPrograms()
    this.#ports = await claimPorts(portsOf(components), fixedPorts)
    const { stateDirectory } = this
    if (components.includes('collector')) await makeCheckpointKey(stateDirectory)
    const ports = this.#ports.numbers
    const context: PlanContext = { environment, stateDirectory, ports, secrets: this.#secrets }
    for (const name of components) {
      const plan = planComponent(name, context, programs, components)
      this.#plans.push(plan)
      this.components.set(
        name,
        createComponent(plan, () => this.#record()),
      )
    }
    progress({ kind: 'line', text: `starting ${components.join(', ')}` })
    const starting = this.#startAll(context)
    this.#starting = starting
    await Promise.race([starting, rejectedWhenAborted(signal)])
    this.#isReady = true
    this.#record()
  }

  addresses(): PartialAddresses {
    return toAddresses(this, this.#ports?.numbers ?? {}, this.#secrets)
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  async #findPrograms(): Promise<StackPrograms> {
    const { components, environment, progress, signal } = this.#request
    const binaries = binariesOf(components)
    const needsGo = await needsBuilding(binaries, environment)
    const found = await findRequirements(components, needsGo, environment, progress)
    return { built: await ensureBinaries(binaries, environment, progress, signal), found }
  }

  async #startAll(context: PlanContext): Promise<void> {
    const database = this.#startDatabase(context)
    const rest = [...this.components.values()]
      .filter(({ name }) => name !== 'postgres')
      .map(async (component) => {
        // The Collector logs in as a user that the migrations make.
        if (component.name === 'collector') await database
        await this.#startOne(component)
      })
    await Promise.all([database, ...rest])
    await Promise.all(this.#plans.map(untilWell))
  }

  async #startDatabase(context: PlanContext): Promise<void> {
    const postgres = this.components.get('postgres')
    if (!postgres) return
    await this.#startOne(postgres)
    await prepareAuditDatabase(
      context.environment.repository,
      toPostgresUrl(superuserLogin(context, 'postgres')),
      toPostgresUrl(superuserLogin(context, 'telltale')),
      {
        writer: context.secrets.auditWriterPassword,
        auditor: context.secrets.auditAuditorPassword,
      },
    )
  }

  async #startOne(component: ManagedComponent): Promise<void> {
    if (this.#stopping) return
    const started = performance.now()
    await component.start()
    const seconds = ((performance.now() - started) / 1_000).toFixed(1)
    this.#request.progress({ kind: 'line', text: `${component.name} is ready (${seconds} s)` })
  }

  async #stop(): Promise<void> {
    await this.#stopComponents()
    // What was still starting has noticed by now, or comes up late and is stopped here.
    await this.#starting.catch(() => {})
    await this.#stopComponents()
    await this.#ports?.release()
    await removeState(this.#request.environment, this.#request.recordName, this)
  }

  /** The Collector first: it still delivers what it holds. */
  async #stopComponents(): Promise<void> {
    await this.components.get('collector')?.stop()
    await Promise.all([...this.components.values()].map(async (component) => component.stop()))
  }

  #record(): void {
    const running = [...this.components.values()].filter(({ identity }) => identity)
    const processes = Object.fromEntries(running.map(({ name, identity }) => [name, identity]))
    const record: StackRecord = {
      owner: this.#owner,
      stateDirectory: this.stateDirectory,
      components: this.#request.components,
      processes,
      ...(this.#isReady && { addresses: this.addresses() }),
    }
    writeRecord(this.#request.environment, this.#request.recordName, record)
  }
}

async function rejectedWhenAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener(
      'abort',
      () => reject(new Error('given up', { cause: signal.reason })),
      {
        once: true,
      },
    )
  })
}

async function untilWell({ name, isWell, command }: ComponentPlan): Promise<void> {
  if (!isWell || (await until(isWell, WELL_WITHIN_MILLIS))) return
  throw new Error(
    `${name} runs but says that it is not well; the end of ${command.logFile}:\n` +
      (await tailOf(command.logFile, 20)),
  )
}
