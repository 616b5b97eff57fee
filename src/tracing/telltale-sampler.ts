import type { Sampler } from '@opentelemetry/sdk-trace'
import type { Settled } from '../config/setting.ts'
import { loadPackage } from '../core/load-package.ts'
import type { tracingSettings } from './options.ts'

/**
 * The sampler that OTEL_TRACES_SAMPLER names.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers
 */
export function createSampler(settings: Settled<typeof tracingSettings>): Sampler {
  const sdk = loadPackage('@opentelemetry/sdk-trace') as typeof import('@opentelemetry/sdk-trace')
  const ratio = (): Sampler =>
    new sdk.TraceIdRatioBasedSampler(Number(settings.samplerArgument ?? 1))
  const roots: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: ratio,
  }
  const name = settings.sampler ?? 'parentbased_always_on'
  const root = roots[name.replace('parentbased_', '')]!()
  return name.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root
}
