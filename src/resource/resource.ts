import { randomUUID } from 'node:crypto'
import { arch, hostname, platform, release, type } from 'node:os'
import type { Settled } from '../config/setting.ts'
import type { resourceSettings } from './options.ts'
import type { PackageJson } from './package-json.ts'

/** What is known of the application besides its settings. */
export interface Application {
  /** Its package.json, when one was found. */
  readonly packageJson: PackageJson | undefined
}

/** Resource attributes, and what the operator should hear about them. */
export interface ResourceDescription {
  readonly attributes: Readonly<Record<string, string | number | string[]>>
  readonly warnings: readonly string[]
}

/**
 * Describes the sender in OpenTelemetry's resource attributes; nothing here waits or calls out.
 *
 * `OTEL_SERVICE_NAME` wins over `service.name` in OTEL_RESOURCE_ATTRIBUTES, which wins over package.json.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/
 */
export function describeResource(
  settings: Settled<typeof resourceSettings>,
  application: Application,
  distribution: { readonly version: string },
): ResourceDescription {
  const warnings: string[] = []
  const given = settings.resourceAttributes ?? {}
  const attributes: Record<string, string | number | string[]> = {
    'telemetry.distro.name': 'telltale',
    'telemetry.distro.version': distribution.version,
    ...detect(settings.resourceDetectors ?? []),
    'service.instance.id': randomUUID(),
    ...given,
    'service.name':
      settings.serviceName ?? given['service.name'] ?? guessName(application, warnings),
  }
  const version =
    settings.serviceVersion ?? given['service.version'] ?? application.packageJson?.version
  if (version !== undefined) attributes['service.version'] = version
  if (settings.serviceInstanceId !== undefined) {
    attributes['service.instance.id'] = settings.serviceInstanceId
  }
  if (settings.deploymentEnvironment !== undefined) {
    attributes['deployment.environment.name'] = settings.deploymentEnvironment
  }
  return { attributes, warnings }
}

function guessName(application: Application, warnings: string[]): string {
  const { packageJson } = application
  if (packageJson?.name) {
    warnings.push(
      `service.name is "${packageJson.name}", the name in ${packageJson.path}; set OTEL_SERVICE_NAME to choose it`,
    )
    return packageJson.name
  }
  warnings.push('service.name is "unknown_service:node"; set OTEL_SERVICE_NAME')
  return 'unknown_service:node'
}

function detect(detectors: readonly string[]): Record<string, string | number | string[]> {
  const wanted = (name: string): boolean =>
    !detectors.includes('none') && (detectors.includes('all') || detectors.includes(name))
  return {
    ...(wanted('host') && {
      'host.name': hostname(),
      'host.arch': arch() === 'x64' ? 'amd64' : arch(),
    }),
    ...(wanted('os') && {
      'os.type': platform() === 'win32' ? 'windows' : platform(),
      'os.version': release(),
      'os.name': type(),
    }),
    ...(wanted('process') && {
      'process.pid': process.pid,
      'process.executable.path': process.execPath,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      ...(process.argv[1] && { 'process.command': process.argv[1] }),
    }),
  }
}
