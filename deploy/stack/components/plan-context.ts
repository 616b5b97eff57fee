import { join } from 'node:path'
import type { ComponentName } from '../component.ts'
import type { LauncherEnvironment } from '../environment.ts'
import type { PortName } from '../ports.ts'

/** What every component's plan is made from. */
export interface PlanContext {
  readonly environment: LauncherEnvironment
  readonly stateDirectory: string
  readonly ports: Readonly<Record<PortName, number>>
  /** Passwords and the audit token of this stack. */
  readonly secrets: StackSecrets
}

/** Made anew for each stack. */
export interface StackSecrets {
  readonly postgresPassword: string
  readonly auditWriterPassword: string
  readonly auditAuditorPassword: string
  readonly auditToken: string
}

/** The folder of one component's data. */
export function directoryOf(context: PlanContext, name: ComponentName): string {
  return join(context.stateDirectory, name)
}

/** The file of one component's output. */
export function logFileOf(context: PlanContext, name: ComponentName): string {
  return join(context.stateDirectory, 'logs', `${name}.log`)
}
