import type { PromisedMetric } from './contract.ts'
import type { Family } from './families.ts'

const PARTS = ['_bucket', '_sum', '_count'] as const

/** Says what is wrong with a metric family; nothing when it is as promised. */
export function checkMetric(
  promised: PromisedMetric,
  families: ReadonlyMap<string, Family>,
): string | undefined {
  const family = families.get(promised.name)
  if (!family) return 'there is no such metric'
  if (family.type !== promised.type) return `it is a ${family.type}, not a ${promised.type}`
  if (family.help === '') return 'it has no HELP text'
  if (family.samples.length === 0) return 'it has no series'
  return (
    checkNames(promised) ??
    checkLabels(promised, family) ??
    checkBuckets(promised, family) ??
    checkValues(promised.values, family.samples) ??
    checkCounted(promised, family)
  )

  function checkNames({ name, type }: PromisedMetric): string | undefined {
    const expected = type === 'histogram' ? PARTS.map((part) => name + part) : [name]
    const missing = expected.filter((part) => !family?.samples.some((each) => each.name === part))
    return missing.length > 0 ? `there is no ${missing.join(', ')}` : undefined
  }
}

/** A counter that nobody feeds is there as well, at 0. */
function checkCounted(
  { name, type, counted, mayBeZero = false }: PromisedMetric,
  { samples }: Family,
): string | undefined {
  if (type === 'gauge' || mayBeZero) return undefined
  const counter = type === 'histogram' ? `${name}_count` : name
  const grown = samples.filter((sample) => sample.name === counter && sample.value > 0)
  if (grown.length === 0) return 'it has counted nothing'
  const missing = checkValues(counted, grown)
  return missing && `it has counted nothing: ${missing}`
}

function checkLabels({ type, labels }: PromisedMetric, family: Family): string | undefined {
  const expected = [...labels].toSorted().join(', ')
  for (const sample of family.samples) {
    const names = Object.keys(sample.labels).filter((name) => type !== 'histogram' || name !== 'le')
    const found = names.toSorted().join(', ')
    if (found !== expected) return `a series has the labels {${found}}, not {${expected}}`
  }
  return undefined
}

function checkBuckets({ name, buckets }: PromisedMetric, family: Family): string | undefined {
  if (!buckets) return undefined
  const found = new Set(
    family.samples
      .filter((sample) => sample.name === `${name}_bucket` && sample.labels['le'] !== '+Inf')
      .map(({ labels }) => Number(labels['le'])),
  )
  const shown = [...found].toSorted((a, b) => a - b).join(' ')
  return shown === buckets.join(' ')
    ? undefined
    : `its buckets are ${shown}, not ${buckets.join(' ')}`
}

function checkValues(
  values: PromisedMetric['values'],
  samples: Family['samples'],
): string | undefined {
  for (const [label, expected] of Object.entries(values ?? {})) {
    const found = new Set(samples.map(({ labels }) => labels[label]))
    const missing = expected.filter((value) => !found.has(value))
    if (missing.length > 0) return `no series has ${label}="${missing.join(`", ${label}="`)}"`
  }
  return undefined
}
