import type { Resource } from '@opentelemetry/resources'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadPackage } from '../core/load-package.ts'
import { createRedaction, redactValue } from '../core/redaction.ts'
import { findPackageJson } from '../resource/package-json.ts'
import {
  describeResource,
  type Application,
  type ResourceDescription,
} from '../resource/resource.ts'
import type { AllSettings } from '../settings.ts'
import { detectFurther } from './resource-detectors.ts'

/** Who is speaking, and from where its packages are loaded. */
export interface Identity {
  readonly application: Application
  /** The application's folder: that of its package.json, else the working directory. */
  readonly folder: string
  readonly resource: Resource
  readonly sdkVersion: string
}

/** Finds out who is speaking; what detectors of clouds add may arrive later. */
export function identify(settings: AllSettings['general'], warnings: string[]): Identity {
  const entry = process.argv[1]
  const packageJson = findPackageJson(entry ? dirname(entry) : process.cwd())
  const application = { packageJson }
  const folder = packageJson ? dirname(packageJson.path) : process.cwd()
  const sdkVersion = ownVersion()
  const description = describeResource(settings, application, { version: sdkVersion })
  warnings.push(...description.warnings)
  const sdk = loadPackage('@opentelemetry/resources') as typeof import('@opentelemetry/resources')
  const further = detectFurther(settings.resourceDetectors ?? [], folder, warnings)
  const resource = sdk
    .defaultResource()
    .merge(further ?? null)
    .merge(sdk.resourceFromAttributes(withoutSecrets(description.attributes, settings.redactNames)))
  return { application, folder, resource, sdkVersion }
}

/** What is set in the environment is on every signal, and in each audit record for good. */
function withoutSecrets(
  attributes: ResourceDescription['attributes'],
  names: readonly string[],
): ResourceDescription['attributes'] {
  return redactValue(attributes, createRedaction(names)) as ResourceDescription['attributes']
}

function ownVersion(): string {
  const url = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version
}
