import { open } from 'node:fs/promises'
import { type GuardedCommand, startGuarded } from './guarded-process.ts'
import { signalProcess } from './process-identity.ts'

/** A program that is run to its end, for what it does or prints. */
export type ProgramRun = Omit<GuardedCommand, 'endSignals' | 'graceMillis'> & {
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a program to its end; it is ended early when the signal is aborted or this process dies.
 *
 * @throws {Error} when it fails; the message holds the last lines of its output and the log's path
 */
export async function runProgram(run: ProgramRun): Promise<void> {
  run.signal?.throwIfAborted()
  const running = await startGuarded({ ...run, endSignals: ['SIGTERM'], graceMillis: 2_000 })
  const abort = (): void => signalProcess(running.identity, 'SIGTERM')
  run.signal?.addEventListener('abort', abort)
  const keepAlive = setInterval(() => {}, 60_000)
  const { code, signal } = await running.ended
  clearInterval(keepAlive)
  run.signal?.removeEventListener('abort', abort)
  run.signal?.throwIfAborted()
  if (code === 0) return
  throw new Error(
    `"${[run.program, ...run.args].join(' ')}" ended with ${signal ?? `exit code ${code}`}; ` +
      `the end of ${run.logFile}:\n${await tailOf(run.logFile, 30)}`,
  )
}

/** The last lines of a text file; empty when it cannot be read. */
export async function tailOf(file: string, lines: number): Promise<string> {
  try {
    await using handle = await open(file)
    const { size } = await handle.stat()
    const start = Math.max(0, size - 65_536)
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(size - start),
      position: start,
    })
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}
