/** What is needed of process.stdout. */
export interface LineStream {
  write(text: string, written: (error?: Error | null) => void): boolean
  listenerCount(event: 'error'): number
  once(event: 'error', listener: () => void): unknown
  removeListener(event: 'error', listener: () => void): unknown
}

/**
 * Writes lines to a stream that may be closed on the other side.
 *
 * A stream tells of that by an event, which ends an application that does not listen; like console.log, this takes the event of
 * its own writes, and leaves others to whom they belong.
 */
export function createLineWriter(stream: LineStream): (line: string) => void {
  const onWritten = (error?: Error | null): void => {
    // The event comes after this call.
    if (error && stream.listenerCount('error') === 0) stream.once('error', ignore)
  }
  return (line) => {
    const alone = stream.listenerCount('error') === 0
    if (alone) stream.once('error', ignore)
    try {
      stream.write(line, onWritten)
    } catch {
      // Nobody is left to read it.
    } finally {
      if (alone) stream.removeListener('error', ignore)
    }
  }
}

function ignore(): void {
  // The reader has gone.
}
