import { expect, test, vi } from 'vitest'
import type { Observation, Question } from '../../../src/metrics/callbacks.ts'
import { createKeptInstrument, POINT_TYPES } from '../../../src/metrics/kept-instrument.ts'
import { takeIn } from '../../../src/metrics/take-in.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

const LIMIT = 10
const kind = {
  type: 'OBSERVABLE_GAUGE',
  pointType: POINT_TYPES.gauge,
  isMonotonic: false,
  isObserved: true,
} as const

test('room is looked for once in a collection, however many series are beyond the bound', async () => {
  const instrument = createKeptInstrument(
    { kind, name: 'level', unit: '', description: '', valueType: 1, boundaries: undefined },
    { byObject: false, cardinalityLimit: LIMIT },
    createRecordingReporter(),
  )
  const looks = vi.spyOn(instrument.cells, 'values')
  for (const collection of [1, 2]) {
    const observations = Array.from({ length: 5 * LIMIT }, (_none, shop): Observation => {
      const attributes = { shop: 100 * collection + shop }
      return { instrument, value: 1, cell: instrument.cells.known(attributes), attributes }
    })
    const question: Question = {
      metric: 'level',
      answered: Promise.resolve(),
      observations,
      problem: undefined,
      isOpen: false,
    }
    await takeIn([question], collection)
  }

  expect(looks).toHaveBeenCalledTimes(2)
  const { cells } = instrument
  expect(cells.values().filter((cell) => cell.observedIn === 2)).toHaveLength(LIMIT)
})
