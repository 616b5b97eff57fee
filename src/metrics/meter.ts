import {
  createNoopMeter,
  ValueType,
  type Attributes,
  type BatchObservableCallback,
  type Meter,
  type MetricOptions,
  type Observable,
} from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { showShort } from '../core/show-value.ts'
import { createRegistrations, type Observe, type Registration } from './callbacks.ts'
import {
  createKeptInstrument,
  findSame,
  POINT_TYPES,
  type DescribedInstrument,
  type InstrumentKind,
  type KeepingOptions,
  type KeptInstrument,
} from './kept-instrument.ts'
import { METRIC_LIMITS, toShortOptions } from './metric-limits.ts'

/** A meter, and what its instruments have measured. */
export interface KeptMeter {
  readonly meter: Meter
  readonly instruments: readonly KeptInstrument[]
  readonly registrations: readonly Registration[]
}

const { gauge, histogram, sum } = POINT_TYPES

/** What each method of a meter makes. */
const KINDS = {
  createCounter: toKind('COUNTER', sum, { isMonotonic: true }),
  createUpDownCounter: toKind('UP_DOWN_COUNTER', sum),
  createHistogram: toKind('HISTOGRAM', histogram, { isMonotonic: true }),
  createGauge: toKind('GAUGE', gauge),
  createObservableCounter: toKind('OBSERVABLE_COUNTER', sum, {
    isMonotonic: true,
    isObserved: true,
  }),
  createObservableUpDownCounter: toKind('OBSERVABLE_UP_DOWN_COUNTER', sum, { isObserved: true }),
  createObservableGauge: toKind('OBSERVABLE_GAUGE', gauge, { isObserved: true }),
} as const

type Method = keyof typeof KINDS

/** The instrument behind an observable that the application has, whichever meter made it. */
const kept = new WeakMap<object, KeptInstrument>()

/** Makes a meter whose instruments never throw into the application; what cannot be taken as it is given is said once. */
export function createKeptMeter(keeping: KeepingOptions, reporter: Reporter): KeptMeter {
  const byName = new Map<string, KeptInstrument[]>()
  const instruments: KeptInstrument[] = []
  const callbacks = createRegistrations(reporter)

  function make(method: Method, name: unknown, options?: MetricOptions): object {
    try {
      const instrument = find(toDescribed(KINDS[method], name, options ?? {}, reporter))
      if (instrument) return toApi(method, instrument)
    } catch (error) {
      const reason = toReason(error)
      reporter.once(`instrument ${reason}`, `an instrument could not be made: ${reason}`)
    }
    return createNoopMeter()[method]('none')
  }

  function find(described: DescribedInstrument): KeptInstrument | undefined {
    const { name, description } = described
    const namesakes = byName.get(name.toLowerCase()) ?? []
    const same = findSame(namesakes, described)
    if (same) {
      // As the specification has it: of two descriptions the longer one.
      if (description.length > same.description.length) same.description = description
      return same
    }
    if (namesakes.length > 0 && keeping.byObject) {
      reporter.once(
        `instrument ${name} kind`,
        `metric ${name}: another copy of the package declares it otherwise; the first one stays as it is, and this one is not exposed`,
      )
      return undefined
    }
    const made = createKeptInstrument(described, keeping, reporter)
    byName.set(name.toLowerCase(), [...namesakes, made])
    instruments.push(made)
    return made
  }

  function toApi(method: Method, instrument: KeptInstrument): object {
    const made = instrument.kind.isObserved
      ? toObservable(instrument)
      : toMeasuring(method, instrument)
    // Not what is measured with: a callback has nothing to say of it.
    if (instrument.kind.isObserved) kept.set(made, instrument)
    return made
  }

  function toObservable(instrument: KeptInstrument): Observable {
    const of = new Set([instrument])
    return {
      addCallback(callback) {
        const ask = (observe: Observe): unknown =>
          callback({ observe: (value, labels) => observe(instrument, value, labels) })
        callbacks.register(callback, of, ask)
      },
      removeCallback: (callback) => callbacks.unregister(callback, of),
    }
  }

  const meter = {
    addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]) {
      const of = toKept(observables)
      if (of.size === 0) {
        reporter.once('batch callback', 'a batch callback names no observable metric to tell of')
        return
      }
      const ask = (observe: Observe): unknown =>
        callback({
          observe(observable, value, labels) {
            const instrument = kept.get(observable)
            if (instrument && of.has(instrument)) observe(instrument, value, labels)
          },
        })
      callbacks.register(callback, of, ask)
    },
    removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]) {
      callbacks.unregister(callback, toKept(observables))
    },
  } as Meter
  for (const method of Object.keys(KINDS) as Method[]) {
    meter[method] = (name: unknown, options?: MetricOptions) => make(method, name, options) as never
  }
  return { meter, instruments, registrations: callbacks.list }
}

/** The part of an instrument that an application measures with. */
function toMeasuring(method: Method, { accept, cells }: KeptInstrument): object {
  const add = (given: number, labels?: Attributes): void => {
    const value = accept(given)
    if (value !== undefined) cells.find(labels).add(value)
  }
  switch (method) {
    case 'createGauge':
      return {
        record(given: number, labels?: Attributes) {
          const value = accept(given)
          if (value !== undefined) cells.find(labels).value = value
        },
      }
    case 'createHistogram':
      return { record: add }
    default:
      return { add }
  }
}

function toKept(observables: unknown): ReadonlySet<KeptInstrument> {
  try {
    const known = Array.isArray(observables) ? observables.map((each) => kept.get(each)) : []
    return new Set(known.filter((each) => each !== undefined))
  } catch {
    // A proxy or a getter: what cannot be read names nothing.
    return new Set()
  }
}

/** What an instrument is called; throws if that cannot be. */
function toDescribed(
  kind: InstrumentKind,
  name: unknown,
  given: MetricOptions,
  reporter: Reporter,
): DescribedInstrument {
  if (typeof name !== 'string') throw new Error(`a name must be a text; got ${showShort(name)}`)
  if (name.length > METRIC_LIMITS.name) {
    throw new Error(`a name may have ${METRIC_LIMITS.name} characters; got "${name}"`)
  }
  const options = toShortOptions(given)
  if (options !== given) {
    reporter.once(
      `instrument ${name}`,
      `metric ${name}: its description is longer than ${METRIC_LIMITS.description} characters and is cut, or its unit is longer than ${METRIC_LIMITS.unit} and is left out`,
    )
  }
  const { description, unit, valueType, advice } = options
  return {
    kind,
    name,
    // JavaScript lets them be anything.
    description: typeof description === 'string' ? description : '',
    unit: typeof unit === 'string' ? unit : '',
    valueType: valueType === ValueType.INT ? ValueType.INT : ValueType.DOUBLE,
    boundaries: advice?.explicitBucketBoundaries,
  }
}

function toKind(
  type: string,
  pointType: InstrumentKind['pointType'],
  { isMonotonic = false, isObserved = false } = {},
): InstrumentKind {
  return { type, pointType, isMonotonic, isObserved }
}
