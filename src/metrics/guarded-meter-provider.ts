import {
  createNoopMeter,
  type Attributes,
  type Meter,
  type MeterOptions,
  type MeterProvider,
} from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'

const MAKING = ['createCounter', 'createUpDownCounter', 'createHistogram', 'createGauge'] as const

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
 * them it keeps. Here such a measurement is taken with what can be read of its attributes, and that is said once.
 */
export function createGuardedMeterProvider(
  provider: MeterProvider,
  reporter: Reporter,
): MeterProvider {
  const say = (error: unknown): void => {
    reporter.once('measurement', `attributes of a metric could not be read: ${toReason(error)}`)
  }
  return {
    getMeter(name: string, version?: string, options?: MeterOptions): Meter {
      const meter = provider.getMeter(name, version, options)
      const guarded = Object.create(meter) as Record<string, unknown>
      for (const make of MAKING) {
        guarded[make] = (...given: Parameters<Meter['createCounter']>): Instrument => {
          try {
            return guard(meter[make](...given) as Instrument, say)
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

function guard(instrument: Instrument, say: (error: unknown) => void): Instrument {
  for (const name of ['add', 'record'] as const) {
    const measure = instrument[name]?.bind(instrument)
    if (!measure) continue
    instrument[name] = (value, attributes, ...more) => {
      try {
        if (typeof attributes === 'object' && attributes !== null) {
          measure(value, attributes, ...more)
        } else measure(value, undefined, ...more)
      } catch (error) {
        say(error)
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
  return readable
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
