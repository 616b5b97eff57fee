import {
  createContextKey,
  propagation,
  type Baggage,
  type BaggageEntry,
  type Context,
} from '@opentelemetry/api'
import { getFromScope, setInScope } from './request-scope.ts'

const KEY = createContextKey('telltale baggage of the request')

/** An entry of the baggage that a context carries, or else its request. */
export function baggageEntryOf(context: Context, key: string): BaggageEntry | undefined {
  return propagation.getBaggage(context)?.getEntry(key) ?? ofRequest(context)?.getEntry(key)
}

/** Sets an entry for all work of the request that a context belongs to; what works in it can still set its own. */
export function setBaggageEntry(context: Context, key: string, value: string): void {
  const baggage = ofRequest(context) ?? propagation.createBaggage()
  setInScope(context, KEY, baggage.setEntry(key, { value }))
}

/** All entries that a context and its request carry. */
export function baggageEntriesOf(context: Context): readonly (readonly [string, BaggageEntry])[] {
  const own = propagation.getBaggage(context)?.getAllEntries() ?? []
  const shared = ofRequest(context)?.getAllEntries()
  return shared ? [...new Map([...shared, ...own])] : own
}

function ofRequest(context: Context): Baggage | undefined {
  return getFromScope(context, KEY) as Baggage | undefined
}
