import {
  propagation,
  type BaggageEntry,
  type Context,
  type TextMapPropagator,
} from '@opentelemetry/api'
import { baggageEntriesOf } from './baggage.ts'
import { destinationsOf } from './destination.ts'
import { createHostList } from './host-list.ts'

/** Longest value of an entry that is let in or out, in characters. */
const MAX_VALUE_LENGTH = 256

/** What crosses the border of this process. */
export interface BaggageRules {
  readonly baggageKeys: readonly string[]
  readonly baggageHosts: readonly string[]
  readonly acceptBaggage: boolean
}

/**
 * Lets only the listed entries through: in, when whoever sends them is to be believed; out, to the listed hosts.
 *
 * @param propagator - writes and reads the header
 */
export function createBaggageBorder(
  propagator: TextMapPropagator,
  { baggageKeys, baggageHosts, acceptBaggage }: BaggageRules,
): TextMapPropagator {
  const keys = new Set(baggageKeys)
  const isListed = createHostList(baggageHosts)
  const mayPass = ([key, { value }]: readonly [string, BaggageEntry]): boolean =>
    keys.has(key) && value !== '' && value.length <= MAX_VALUE_LENGTH
  return {
    inject(context, carrier, setter) {
      if (!isListed(destinationsOf(context, carrier))) return
      const entries = baggageEntriesOf(context).filter(mayPass)
      if (entries.length === 0) return
      propagator.inject(withOnly(context, entries), carrier, setter)
    },
    extract(context, carrier, getter) {
      if (!acceptBaggage) return context
      const received = propagator.extract(context, carrier, getter)
      if (received === context) return context
      const entries = propagation.getBaggage(received)?.getAllEntries().filter(mayPass) ?? []
      return entries.length === 0 ? context : withOnly(context, entries)
    },
    fields: () => propagator.fields(),
  }
}

/** Metadata of an entry is nobody's: it is left out. */
function withOnly(
  context: Context,
  entries: readonly (readonly [string, BaggageEntry])[],
): Context {
  const plain = entries.map(([key, { value }]) => [key, { value }])
  return propagation.setBaggage(context, propagation.createBaggage(Object.fromEntries(plain)))
}
