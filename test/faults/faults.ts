import type { Fault } from './fault.ts'
import { collectorFaults } from './groups/collector.ts'
import { dataFaults } from './groups/data.ts'
import { deadlockFault, manyCollectorsFaults } from './groups/many-collectors.ts'
import { neighboursFaults } from './groups/neighbours.ts'
import { networkFaults } from './groups/network.ts'
import { postgresFaults } from './groups/postgres.ts'
import { producerFaults } from './groups/producer.ts'

/** Every fault, in the order in which a campaign injects them. */
export const faults: readonly Fault[] = [
  ...producerFaults,
  ...networkFaults,
  ...collectorFaults,
  ...manyCollectorsFaults,
  ...postgresFaults,
  deadlockFault,
  ...dataFaults,
  ...neighboursFaults,
]
