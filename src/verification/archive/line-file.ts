import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'

/** A file that is written line by line, and counted and hashed on the way. */
export interface LineFile {
  write(line: string): Promise<void>
  /** Syncs and closes the file. */
  end(): Promise<{ readonly lines: number; readonly bytes: number; readonly sha256: string }>
}

/** How much is put together before it is written. */
const CHUNK_CHARACTERS = 65_536

/**
 * Makes a file that nobody else may read.
 *
 * @throws {Error} with code `EEXIST` when it is there: an archive is never written over
 */
export async function createLineFile(path: string): Promise<LineFile> {
  const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  await once(stream, 'open')
  const hash = createHash('sha256')
  let [lines, bytes, waiting] = [0, 0, '']
  const flush = async (): Promise<void> => {
    const chunk = Buffer.from(waiting)
    waiting = ''
    hash.update(chunk)
    bytes += chunk.length
    if (!stream.write(chunk)) await once(stream, 'drain')
  }
  return {
    async write(line) {
      lines += 1
      waiting += `${line}\n`
      if (waiting.length >= CHUNK_CHARACTERS) await flush()
    },
    async end() {
      await flush()
      stream.end()
      await once(stream, 'close')
      await using file = await open(path, 'r+')
      await file.sync()
      return { lines, bytes, sha256: hash.digest('hex') }
    },
  }
}
