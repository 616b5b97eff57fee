import { keygenCommand } from './audit/keygen.ts'
import type { Command } from './command.ts'

/** Every command, in the order in which help and reference list them. */
export const commands: readonly Command[] = [keygenCommand]
