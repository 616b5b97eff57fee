import type { Attack } from '../attack.ts'
import { checkpointAttacks } from './checkpoints.ts'
import { columnAttacks } from './columns.ts'
import { guardAttacks, unguardedAttacks } from './guards.ts'
import { rowAttacks } from './rows.ts'
import { sealAttacks } from './seals.ts'
import { sideTableAttacks } from './side-tables.ts'
import { viewAttacks } from './views.ts'

/** Every attack on a trail whose `audit.records` has these columns. */
export function allAttacks(
  columns: readonly { readonly name: string; readonly type: string }[],
): readonly Attack[] {
  return [
    ...guardAttacks,
    ...unguardedAttacks,
    ...columnAttacks(columns),
    ...rowAttacks,
    ...sealAttacks,
    ...sideTableAttacks,
    ...checkpointAttacks,
    ...viewAttacks,
  ]
}
