import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeBenchFolder } from './bench-folder.ts'

/** The yardstick that stores row by row. */
export interface RowByRow extends AsyncDisposable {
  readonly port: number
}

const SOURCES = join(import.meta.dirname, 'row-by-row')
const NEEDED_BYTES = 2 ** 28

/** Builds and starts it; disposing ends it. */
export async function startRowByRow(
  postgres: string,
  progress: (line: string) => void,
): Promise<RowByRow> {
  const folder = makeBenchFolder(NEEDED_BYTES)
  const program = join(folder.path, 'row-by-row')
  progress('building the yardstick that stores row by row, which may take a minute')
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: SOURCES })
  const child = spawn(program, {
    env: { ...process.env, POSTGRES_URL: postgres },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('the row-by-row yardstick ended'))),
  ])) as [Buffer]
  return {
    port: Number(line.toString()),
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
      folder[Symbol.dispose]()
    },
  }
}
