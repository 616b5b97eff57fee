import { isTurnOver, nextTurn } from '../core/event-loop-turn.ts'
import type { Question } from './callbacks.ts'
import type { Cell } from './cells.ts'
import { POINT_TYPES, type KeptInstrument } from './kept-instrument.ts'

/** Gives series the values that callbacks have observed, in pieces; of two for the same series the last one counts. */
export async function takeIn(questions: readonly Question[], collection: number): Promise<void> {
  const answers = questions.filter(({ problem }) => problem === undefined)
  const withRoom = new Set<KeptInstrument>()
  for (const { observations } of answers) {
    // By index here and wherever series are many: an iterator would leave an object behind at each step.
    for (let index = 0; index < observations.length; index += 1) {
      const { instrument, value, cell: known, attributes } = observations[index]!
      const { cells, kind } = instrument
      if (!known && cells.isFull() && !withRoom.has(instrument)) {
        withRoom.add(instrument)
        await makeRoom(instrument, answers, collection)
      }
      const cell = known ?? cells.find(attributes)
      const isFurther = cell.observedIn === collection && cells.isOverflow(cell)
      cell.value = isFurther && kind.pointType === POINT_TYPES.sum ? cell.value + value : value
      cell.observedIn = collection
      if (isTurnOver()) await nextTurn()
    }
  }
}

/** Takes away the series that are not observed in this collection: those that are must not be too many because of them. */
async function makeRoom(
  instrument: KeptInstrument,
  answers: readonly Question[],
  collection: number,
): Promise<void> {
  const { cells } = instrument
  const wanted = new Set<Cell>()
  for (const { observations } of answers) {
    for (let index = 0; index < observations.length; index += 1) {
      const { cell } = observations[index]!
      if (cell) wanted.add(cell)
      if (isTurnOver()) await nextTurn()
    }
  }
  const all = cells.values()
  for (let index = 0; index < all.length; index += 1) {
    const cell = all[index]!
    if (cell.observedIn !== collection && !wanted.has(cell)) cells.remove(cell)
    if (isTurnOver()) await nextTurn()
  }
}
