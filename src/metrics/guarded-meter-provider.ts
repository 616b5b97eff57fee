import {
  createNoopMeter,
  type Attributes,
  type Meter,
  type MeterOptions,
  type MeterProvider,
} from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { areWithinLimits, METRIC_LIMITS, toShortOptions, toWithinLimits } from './metric-limits.ts'

const MAKING = [
  'createCounter',
  'createUpDownCounter',
  'createHistogram',
  'createGauge',
  'createObservableCounter',
  'createObservableUpDownCounter',
  'createObservableGauge',
] as const

type Measure = (value: number, attributes?: unknown, ...more: unknown[]) => void

/** An instrument, whichever of the two it has. */
interface Instrument {
  add?: Measure
  record?: Measure
}

/**
 * Meters whose instruments never throw into the application.
 *
 * The SDK hashes attributes where they are given and throws what their getters throw, or JSON at a big integer; a text in place of
 * them it keeps. Here such a measurement is taken with what can be read of its attributes, and that is said once. Also what is
 * beyond {@link METRIC_LIMITS}: the SDK keeps a label for as long as the process lives, however long it is.
 *
 * @see docs/decisions/0023-what-is-too-long-is-cut.md
 */
export function createGuardedMeterProvider(
  provider: MeterProvider,
  reporter: Reporter,
): MeterProvider {
  const told: Told = {
    unreadable(error) {
      reporter.once('measurement', `attributes of a metric could not be read: ${toReason(error)}`)
    },
    tooLarge(metric) {
      reporter.once(
        `measurement ${metric}`,
        `metric ${metric}: a label is longer than ${METRIC_LIMITS.label} characters, or there are more than ${METRIC_LIMITS.labels} of them; what is beyond is cut off`,
      )
    },
  }
  return {
    getMeter(name: string, version?: string, options?: MeterOptions): Meter {
      const meter = provider.getMeter(name, version, options)
      const guarded = Object.create(meter) as Record<string, unknown>
      for (const make of MAKING) {
        guarded[make] = (...given: Parameters<Meter['createCounter']>): Instrument => {
          try {
            const [metric, of] = given
            if (typeof metric === 'string' && metric.length > METRIC_LIMITS.name) {
              throw new Error(`a name may have ${METRIC_LIMITS.name} characters; got "${metric}"`)
            }
            const short = toShortOptions(of)
            if (short !== of) {
              reporter.once(
                `instrument ${metric}`,
                `metric ${metric}: its description is longer than ${METRIC_LIMITS.description} characters and is cut, or its unit is longer than ${METRIC_LIMITS.unit} and is left out`,
              )
            }
            return guard(meter[make](metric, short) as Instrument, metric, told)
          } catch (error) {
            reporter.once('instrument', `an instrument could not be made: ${toReason(error)}`)
            return createNoopMeter()[make]('none') as Instrument
          }
        }
      }
      return guarded as unknown as Meter
    },
  }
}

/** Hears of measurements that could not be taken as they were given. */
interface Told {
  unreadable(error: unknown): void
  tooLarge(metric: string): void
}

function guard(instrument: Instrument, metric: string, told: Told): Instrument {
  for (const name of ['add', 'record'] as const) {
    const measure = instrument[name]?.bind(instrument)
    if (!measure) continue
    instrument[name] = (value, attributes, ...more) => {
      try {
        if (typeof attributes !== 'object' || attributes === null) {
          measure(value, undefined, ...more)
        } else if (areWithinLimits(attributes)) measure(value, attributes, ...more)
        else {
          told.tooLarge(metric)
          measure(value, toWithinLimits(attributes as Attributes), ...more)
        }
      } catch (error) {
        told.unreadable(error)
        measure(value, toReadable(attributes), ...more)
      }
    }
  }
  return instrument
}

/** The attributes that are what attributes may be. */
function toReadable(attributes: unknown): Attributes {
  const readable: Attributes = {}
  try {
    for (const key of Object.keys(attributes as object)) {
      const value = read(attributes, key)
      if (value !== undefined) readable[key] = value
    }
  } catch {
    // A proxy: there is nothing to be had.
  }
  return toWithinLimits(readable)
}

function read(attributes: unknown, key: string): string | number | boolean | undefined {
  try {
    const value = (attributes as Readonly<Record<string, unknown>>)[key]
    if (typeof value === 'bigint') return String(value)
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : undefined
  } catch {
    return undefined
  }
}
