import type { Resource } from '@opentelemetry/resources'
import { toReason } from '../core/errors.ts'
import { loadFrom, loadPackage } from '../core/load-package.ts'

/** Detectors that live in packages of their own; those of clouds call metadata addresses, so none is on by default. */
const PACKAGES: Readonly<Record<string, string>> = {
  container: '@opentelemetry/resource-detector-container',
  aws: '@opentelemetry/resource-detector-aws',
  gcp: '@opentelemetry/resource-detector-gcp',
  azure: '@opentelemetry/resource-detector-azure',
  alibaba: '@opentelemetry/resource-detector-alibaba-cloud',
}

/**
 * What the named detectors find out; it may arrive later, see `waitForAsyncAttributes`.
 *
 * @param folder - the application's, in which the detectors' packages are looked for
 */
export function detectFurther(
  names: readonly string[],
  folder: string,
  warnings: string[],
): Resource | undefined {
  if (names.includes('none')) return undefined
  const all = names.includes('all')
  const detectors = Object.entries(PACKAGES).flatMap(([name, packageName]) => {
    if (!all && !names.includes(name)) return []
    const found = load(folder, packageName, warnings)
    if (!found && !all) {
      warnings.push(`the resource detector "${name}" needs ${packageName}: install it`)
    }
    return Object.values(found ?? {}).filter(
      (candidate): candidate is { detect(): object } =>
        typeof (candidate as { detect?: unknown } | undefined)?.detect === 'function',
    )
  })
  if (detectors.length === 0) return undefined
  const { detectResources } = loadPackage(
    '@opentelemetry/resources',
  ) as typeof import('@opentelemetry/resources')
  return detectResources({ detectors })
}

function load(folder: string, packageName: string, warnings: string[]): object | undefined {
  try {
    return loadFrom(folder, packageName) as object | undefined
  } catch (error) {
    warnings.push(`${packageName} cannot be loaded: ${toReason(error)}`)
    return {}
  }
}
