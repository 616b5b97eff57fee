import { ValueType } from '@opentelemetry/api'
import type { Reporter } from '../core/reporter.ts'
import { createCellsByAttributes } from './cells-by-attributes.ts'
import { createCellsByObject, createPassingCells, type Cells } from './cells.ts'
import { METRIC_LIMITS } from './metric-limits.ts'
import { createMeasurementTold, type MeasurementTold } from './tell-measurements.ts'

/** DataPointType of sdk-metrics; its values are part of the SDK's stable interface. */
export const POINT_TYPES = { histogram: 0, gauge: 2, sum: 3 } as const

/** What an instrument measures, in the words of sdk-metrics. */
export interface InstrumentKind {
  readonly type: string
  readonly pointType: (typeof POINT_TYPES)[keyof typeof POINT_TYPES]
  readonly isMonotonic: boolean
  /** Whether it is asked at each collection, and shows only what it was told then. */
  readonly isObserved: boolean
}

/**
 * By what an instrument is known within its meter, beside its name.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#duplicate-instrument-registration
 */
export interface InstrumentIdentity {
  readonly kind: InstrumentKind
  readonly unit: string
  readonly valueType: ValueType
}

/** An instrument as it was asked for. */
export interface DescribedInstrument extends InstrumentIdentity {
  readonly name: string
  readonly description: string
  /** Upper bounds of a histogram's buckets, as they were given. */
  readonly boundaries: unknown
}

/** An instrument with what it has measured. */
export interface KeptInstrument extends InstrumentIdentity {
  readonly name: string
  description: string
  readonly cells: Cells
  /** The value as it is kept; nothing if it is none that the instrument can take, which is told. */
  accept(value: unknown): number | undefined
}

/** How the series of a meter's instruments are kept. */
export interface KeepingOptions {
  /** Series that one instrument may have. */
  readonly cardinalityLimit: number
  /** Whether a series is known by the one object of its labels, as with declared metrics. */
  readonly byObject: boolean
}

/** Bounds of a histogram that names none. @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation */
const DEFAULT_BOUNDARIES = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
]

/** The instrument of this identity among others, if it is there. */
export function findSame(
  instruments: readonly KeptInstrument[],
  { kind, unit, valueType }: InstrumentIdentity,
): KeptInstrument | undefined {
  return instruments.find(
    (other) => other.kind === kind && other.unit === unit && other.valueType === valueType,
  )
}

/** Makes an instrument that nobody has measured with. */
export function createKeptInstrument(
  { name, description, boundaries: given, ...identity }: DescribedInstrument,
  { byObject, cardinalityLimit }: KeepingOptions,
  reporter: Reporter,
): KeptInstrument {
  const told = createMeasurementTold(name, reporter)
  const isHistogram = identity.kind.pointType === POINT_TYPES.histogram
  const boundaries = isHistogram ? toBoundaries(given, told) : undefined
  const byAttributes = createCellsByAttributes(cardinalityLimit, boundaries, told)
  return {
    ...identity,
    name,
    description,
    cells: byObject ? toCellsByObject(identity.kind, boundaries, byAttributes) : byAttributes,
    accept: toAccept(identity.kind, identity.valueType === ValueType.INT, told),
  }
}

function toCellsByObject(
  { isObserved, pointType }: InstrumentKind,
  boundaries: readonly number[] | undefined,
  others: Cells,
): Cells {
  return isObserved && pointType === POINT_TYPES.gauge
    ? createPassingCells(others)
    : createCellsByObject(boundaries, others)
}

function toAccept(
  { pointType, isMonotonic }: InstrumentKind,
  isWhole: boolean,
  told: MeasurementTold,
): KeptInstrument['accept'] {
  // A sum that has taken what is no number is none for ever; a histogram counts it nowhere, and a gauge may show it.
  const isSum = pointType === POINT_TYPES.sum
  return (value) => {
    if (typeof value !== 'number' || (isMonotonic && value < 0) || (isSum && Number.isNaN(value))) {
      told.refused(value, isMonotonic)
      return undefined
    }
    if (!isWhole || Number.isInteger(value)) return value
    told.fraction(value)
    const whole = Math.trunc(value)
    return Number.isInteger(whole) ? whole : undefined
  }
}

function toBoundaries(given: unknown, told: MeasurementTold): readonly number[] {
  if (given === undefined || given === null) return DEFAULT_BOUNDARIES
  if (
    !Array.isArray(given) ||
    given.length > METRIC_LIMITS.buckets ||
    !given.every((bound) => Number.isFinite(toFinite(bound)))
  ) {
    told.boundaries(given)
    return DEFAULT_BOUNDARIES
  }
  // A bound that is there twice would be two lines with the same labels.
  return [...new Set(given as number[])].filter(Number.isFinite).toSorted((a, b) => a - b)
}

/** Infinities are bounds that every histogram has. */
function toFinite(bound: unknown): unknown {
  return bound === Infinity || bound === -Infinity ? 0 : bound
}
