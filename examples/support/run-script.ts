import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A program to run to its end. */
export interface Script {
  readonly directory: URL
  readonly args: readonly string[]
  readonly variables?: Readonly<Record<string, string | undefined>>
  /** What it reads; nothing without it. */
  readonly input?: string
}

/** What came of it. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const WITHIN_MILLIS = 60_000

/** Runs a Node.js program to its end; one that takes longer than a minute is killed. */
export async function runScript({ directory, args, variables, input = '' }: Script): Promise<Ran> {
  return runProgram(process.execPath, { directory, args, ...(variables && { variables }), input })
}

/** Runs any program to its end; one that takes longer than a minute is killed. */
export async function runProgram(
  program: string,
  { directory, args, variables, input = '' }: Script,
): Promise<Ran> {
  const child = spawn(program, args, {
    cwd: fileURLToPath(directory),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    timeout: WITHIN_MILLIS,
    killSignal: 'SIGKILL',
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A program that does not read its input to the end is not at fault.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, stdout, stderr }
}
