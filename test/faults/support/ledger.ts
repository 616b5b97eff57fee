import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { ledgerMarks } from '../producer/order.ts'

/** The accounts of all producers of one fault. */
export interface Ledgers {
  /** A new account for one producer. */
  nextFile(): string
  /** Reads what was written since the last time. */
  refresh(): void
  /** Every id that `audit.record()` was called with. */
  readonly begun: ReadonlySet<string>
  /** Those whose promise resolved. */
  readonly recorded: ReadonlySet<string>
  /** How many promises were rejected, by the error's code. */
  readonly refused: ReadonlyMap<string, number>
}

/** Opens the accounts in a folder, which producers append to meanwhile. */
export function openLedgers(folder: string): Ledgers {
  const begun = new Set<string>()
  const recorded = new Set<string>()
  const refused = new Map<string, number>()
  const readers = new Map<string, () => string[]>()
  let files = 0

  const take = (line: string): void => {
    const [mark, id = '', ...rest] = line.split(' ')
    if (mark === ledgerMarks.begun) begun.add(id)
    else if (mark === ledgerMarks.recorded) recorded.add(id)
    else if (mark === ledgerMarks.refused) {
      const code = rest.join(' ')
      refused.set(code, (refused.get(code) ?? 0) + 1)
    } else throw new Error(`a ledger in ${folder} has a line that is none: ${line}`)
  }

  return {
    begun,
    recorded,
    refused,
    nextFile: () => join(folder, `${String((files += 1)).padStart(4, '0')}.ledger`),
    refresh() {
      for (const name of readdirSync(folder)) {
        if (!name.endsWith('.ledger')) continue
        const read = readers.get(name) ?? createLineReader(join(folder, name))
        readers.set(name, read)
        for (const line of read()) take(line)
      }
    },
  }
}

/** Reads the whole lines that were appended since the last call. */
function createLineReader(file: string): () => string[] {
  let position = 0
  let rest = ''
  return () => {
    const lines: string[] = []
    const descriptor = openSync(file, 'r')
    try {
      const buffer = Buffer.alloc(65_536)
      for (;;) {
        const length = readSync(descriptor, buffer, 0, buffer.length, position)
        if (length === 0) return lines
        position += length
        const parts = (rest + buffer.toString('utf8', 0, length)).split('\n')
        rest = parts.pop() ?? ''
        lines.push(...parts)
      }
    } finally {
      closeSync(descriptor)
    }
  }
}
