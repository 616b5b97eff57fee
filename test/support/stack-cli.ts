import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../deploy/stack/cli.ts', import.meta.url))

/** What a run of the command printed, and how it ended. */
export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The stack command with a cache and a temporary folder of its own, apart from a developer's stack. */
export interface StackCli extends AsyncDisposable {
  readonly cacheDirectory: string
  /** What is in the temporary folder: empty when nothing was left behind. */
  readonly leftFolders: () => readonly string[]
  /** What is recorded of running stacks. */
  readonly leftRecords: () => readonly string[]
  readonly variables: NodeJS.ProcessEnv
  run(args: readonly string[], variables?: NodeJS.ProcessEnv): Promise<CliRun>
  start(args: readonly string[]): ChildProcess
}

/** Makes a place for the stack command; disposing of it takes its stack down. */
export function createStackCli(): StackCli {
  const root = mkdtempSync(join(tmpdir(), 'stack-test-'))
  // PostgreSQL, run as another user when the tests run as root, must get through.
  chmodSync(root, 0o711)
  const temporary = join(root, 'tmp')
  const cacheDirectory = join(root, 'cache')
  mkdirSync(temporary, { mode: 0o711 })
  mkdirSync(cacheDirectory)
  const variables = {
    ...process.env,
    TMPDIR: temporary,
    TELLTALE_CACHE_DIRECTORY: cacheDirectory,
  }
  const start = (args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess =>
    spawn(process.execPath, [CLI, ...args], {
      env: { ...variables, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const run = async (args: readonly string[], more?: NodeJS.ProcessEnv): Promise<CliRun> => {
    const child = start(args, more)
    const { stdout, stderr } = child
    if (!stdout || !stderr) throw new Error('a command without output')
    const code = new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    })
    const [out, err] = await Promise.all([text(stdout), text(stderr)])
    return { code: await code, stdout: out, stderr: err }
  }
  return {
    cacheDirectory,
    variables,
    leftFolders: () => readdirSync(temporary),
    leftRecords: () => listed(join(cacheDirectory, 'stacks')),
    run,
    start,
    [Symbol.asyncDispose]: async () => {
      await run(['down'])
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
