import type { Attributes } from '@opentelemetry/api'
import { withDeadline } from '../core/deadline.ts'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { showShort } from '../core/show-value.ts'
import type { Cell } from './cells.ts'
import type { KeptInstrument } from './kept-instrument.ts'

/** Takes what a callback observes of an instrument. */
export type Observe = (instrument: KeptInstrument, value: unknown, attributes: unknown) => void

/** A callback of the application, and what it tells of. */
export interface Registration {
  readonly callback: unknown
  readonly instruments: ReadonlySet<KeptInstrument>
  ask(observe: Observe): unknown
  /** Whether it was asked and has not come back. */
  busy: boolean
  /** Whether the application has taken it away. */
  isRemoved: boolean
}

/** What a callback has observed of an instrument: of a series that is known the cell, of others the attributes. */
export interface Observation {
  readonly instrument: KeptInstrument
  readonly value: number
  readonly cell: Cell | undefined
  readonly attributes: unknown
}

/** A callback that was asked. */
export interface Question {
  readonly metric: string
  /** When the callback has come back; never rejects. */
  readonly answered: Promise<void>
  /** What it has observed; nothing of it counts if there is a problem. */
  readonly observations: Observation[]
  /** What is wrong, until now: that it has not come back. */
  problem: string | undefined
  /** What comes late belongs to no collection. */
  isOpen: boolean
}

/** An observable metric could not be asked. */
export class CallbackError extends Error {
  readonly metric: string

  constructor(metric: string, problem: string) {
    super(`${metric}: ${problem}`)
    this.name = 'CallbackError'
    this.metric = metric
  }
}

/** The callbacks of a meter; one is there once for the same instruments. */
export interface Registrations {
  readonly list: readonly Registration[]
  register(
    callback: unknown,
    instruments: ReadonlySet<KeptInstrument>,
    ask: Registration['ask'],
  ): void
  unregister(callback: unknown, instruments: ReadonlySet<KeptInstrument>): void
}

export function createRegistrations(reporter: Reporter): Registrations {
  const list: Registration[] = []
  const indexOf = (callback: unknown, of: ReadonlySet<KeptInstrument>): number =>
    list.findIndex(
      (other) =>
        other.callback === callback &&
        other.instruments.size === of.size &&
        [...of].every((each) => other.instruments.has(each)),
    )
  return {
    list,
    register(callback, instruments, ask) {
      if (typeof callback !== 'function') {
        reporter.once(
          'callback',
          `a callback of an observable metric must be a function; got ${showShort(callback)}`,
        )
      } else if (indexOf(callback, instruments) < 0) {
        list.push({ callback, instruments, ask, busy: false, isRemoved: false })
      }
    },
    unregister(callback, instruments) {
      const index = indexOf(callback, instruments)
      for (const removed of index < 0 ? [] : list.splice(index, 1)) removed.isRemoved = true
    },
  }
}

/** Stands for a problem while a callback is under way. */
const LATE = 'it did not come back'

/** Asks a callback; one that hangs is not asked again before it has come back. */
export function ask(registration: Registration): Question {
  const metric = [...registration.instruments].map(({ name }) => name).join(', ')
  const observations: Observation[] = []
  if (registration.busy) {
    const problem = 'it has not come back from an earlier scrape'
    return { metric, answered: Promise.resolve(), observations, problem, isOpen: false }
  }
  registration.busy = true
  const question = { metric, observations, problem: LATE as string | undefined, isOpen: true }
  const observe: Observe = (instrument, given, attributes) => {
    if (!question.isOpen) return
    const value = instrument.accept(given)
    if (value === undefined) return
    // A new series is looked at later, in pieces; of what may be something else by then there is a copy.
    const cell = instrument.cells.known(attributes)
    observations.push({
      instrument,
      value,
      cell,
      attributes: cell ? undefined : toCopy(attributes),
    })
  }
  const work = async (): Promise<void> => {
    let problem: string | undefined
    try {
      await registration.ask(observe)
    } catch (error) {
      problem = toReason(error)
    }
    registration.busy = false
    if (question.isOpen) question.problem = problem
  }
  return Object.assign(question, { answered: work() })
}

/** Waits for all answers together, at most as long as a collection may; what was wrong with them. */
export async function problemsOf(
  questions: readonly Question[],
  timeoutMillis: number | undefined,
): Promise<CallbackError[]> {
  const all = Promise.all(questions.map(({ answered }) => answered))
  if (timeoutMillis === undefined) await all
  else await withDeadline(all, timeoutMillis, false)
  return questions.flatMap((question) => {
    question.isOpen = false
    const { metric, problem } = question
    if (problem === undefined) return []
    // A callback that never comes back holds on to them.
    question.observations.length = 0
    const words = problem === LATE ? `${LATE} within ${timeoutMillis} ms` : problem
    return [new CallbackError(metric, words)]
  })
}

function toCopy(attributes: unknown): unknown {
  if (typeof attributes !== 'object' || attributes === null) return undefined
  try {
    // One frozen object stands for a series of a declared metric.
    if (Object.isFrozen(attributes)) return attributes
    return { ...attributes } satisfies Attributes
  } catch {
    // It is read again, as far as that is possible.
    return attributes
  }
}
