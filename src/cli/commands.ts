import { eraseCommand } from './audit/erase.ts'
import { exportCommand } from './audit/export.ts'
import { gapsCommand } from './audit/gaps.ts'
import { keygenCommand } from './audit/keygen.ts'
import { migrateCommand } from './audit/migrate.ts'
import { parkedCommand } from './audit/parked.ts'
import { proveCommand } from './audit/prove.ts'
import { retainCommand } from './audit/retain.ts'
import { verifyCommand } from './audit/verify.ts'
import type { Command } from './command.ts'
import { doctorCommand } from './doctor.ts'

/** Every command, in the order in which help and reference list them. */
export const commands: readonly Command[] = [
  doctorCommand,
  keygenCommand,
  migrateCommand,
  verifyCommand,
  proveCommand,
  exportCommand,
  gapsCommand,
  retainCommand,
  eraseCommand,
  parkedCommand,
]
