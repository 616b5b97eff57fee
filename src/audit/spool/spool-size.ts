import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AuditError } from '../../core/errors.ts'

/** How much the folder of the spool holds, as this thread sees it. */
export class SpoolSize {
  readonly #directory: string
  readonly #maxBytes: number
  #bytes = 0
  #measuring: Promise<void> | undefined

  constructor(directory: string, maxBytes: number) {
    this.#directory = directory
    this.#maxBytes = maxBytes
  }

  /** Bytes in all lanes and of what is parked; those of other processes as of the last measure. */
  get bytes(): number {
    return this.#bytes
  }

  changed(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes + bytes)
  }

  /** Why there is no room for so many more bytes; nothing when there is. */
  objectionTo(bytes: number): AuditError | undefined {
    if (this.#bytes + bytes <= this.#maxBytes) return undefined
    // Another process may have made room.
    this.measureSoon()
    return new AuditError(
      'TELLTALE_AUDIT_SPOOL_FULL',
      `the audit spool ${this.#directory} holds ${this.#bytes} bytes that are not delivered, and ` +
        `${bytes} more would pass "audit.spoolMaxBytes" (${this.#maxBytes}); the record was not recorded`,
    )
  }

  /** Looks at the folder anew, without anybody waiting; when that fails, what was known stays. */
  measureSoon(): void {
    this.measure().catch(() => undefined)
  }

  /** Looks at the folder anew. */
  measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = undefined))
    return this.#measuring
  }

  async #measure(): Promise<void> {
    const before = this.#bytes
    const found = await sizeOf(this.#directory)
    // What was written meanwhile may or may not have been seen; counting it is the safe side.
    this.#bytes = found + Math.max(0, this.#bytes - before)
  }
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(ignoreGone([]))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      bytes += await sizeOf(path)
    } else if (entry.isFile()) {
      bytes += await stat(path).then(({ size }) => size, ignoreGone(0))
    }
  }
  return bytes
}

/** Others remove and rename at the same time. */
function ignoreGone<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return instead
    throw error
  }
}
