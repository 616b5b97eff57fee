import type { Connection } from 'pg'
import type { CopyRows } from './copy-rows.ts'

type DriverListener = (bytes: Buffer) => void

/** What the driver tells of the query that is running, as far as it concerns this one. */
interface Told {
  handleError(error: Error): void
  handleCommandComplete(): void
  handleReadyForQuery(): void
  submit(connection: Connection): void
}

/**
 * `COPY … TO STDOUT (FORMAT binary)`, whose rows are read where the socket put them.
 *
 * Streams in between would make several objects for each row and copy it once more: as much work as checking it.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
export class CopyQuery implements Told {
  /** Settles when the server is ready for another query. */
  readonly done: Promise<void>
  readonly #text: string
  readonly #rows: CopyRows
  readonly #settle = Promise.withResolvers<void>()
  #failure: Error | undefined
  #connection: Connection | undefined
  /** The driver's own listener, which takes over behind the rows. */
  #driver: DriverListener | undefined
  /** A message of which the end has not come yet. */
  #rest: Buffer | undefined

  constructor(text: string, rows: CopyRows) {
    this.#text = text
    this.#rows = rows
    this.done = this.#settle.promise
  }

  submit(connection: Connection): void {
    const { stream } = connection
    const [driver, ...others] = stream.listeners('data')
    if (!driver || others.length > 0) {
      throw new Error('the connection must have one listener, which is the driver')
    }
    this.#driver = driver as DriverListener
    this.#connection = connection
    stream.off('data', this.#driver)
    stream.on('data', this.#onData)
    connection.query(this.#text)
  }

  handleError(error: Error): void {
    this.#detach()
    this.#settle.reject(error)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.#failure) this.#settle.reject(this.#failure)
    else this.#settle.resolve()
  }

  readonly #onData = (chunk: Buffer): void => {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = undefined
    let at = 0
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1)
      const kind = bytes[at]!
      // Whatever else it is (the end of the command, an error), the driver knows what to do.
      if (kind !== COPY_DATA && !PASSED.has(kind)) {
        const driver = this.#detach()
        driver?.(bytes.subarray(at))
        return
      }
      if (end > bytes.length) break
      if (kind === COPY_DATA) this.#take(bytes, at + HEADER_BYTES, end)
      at = end
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at)
  }

  #take(bytes: Buffer, start: number, end: number): void {
    // What failed once has its verdict: the rest must still be read, for the connection to be of use.
    if (this.#failure) return
    try {
      this.#rows.write(bytes, start, end)
    } catch (error) {
      this.#failure = error as Error
    }
  }

  #detach(): DriverListener | undefined {
    const driver = this.#driver
    this.#driver = undefined
    this.#connection?.stream.off('data', this.#onData)
    if (driver) this.#connection?.stream.on('data', driver)
    return driver
  }
}

/** A byte that tells the kind of a message, and its length without that byte. */
const HEADER_BYTES = 5
const COPY_DATA = 0x64
/** CopyOutResponse, CopyDone, and what may come at any time: NoticeResponse, ParameterStatus, NotificationResponse. */
const PASSED: ReadonlySet<number> = new Set(Buffer.from('HcNSA'))
