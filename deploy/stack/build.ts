import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BinaryRecipe } from './binaries.ts'
import type { LauncherEnvironment } from './environment.ts'
import { type Progress, toWords, whileTicking } from './progress.ts'
import { runProgram } from './run-program.ts'

/** One build among those that are due. */
export interface BuildStep {
  readonly recipe: BinaryRecipe
  readonly output: string
  /** `2/5`, for people. */
  readonly position: string
}

/**
 * Builds one program and puts it in its place in one move, so that nobody ever sees half of it.
 *
 * @throws {Error} with the last lines of the compiler's output and the path of the log
 */
export async function build(
  step: BuildStep,
  environment: LauncherEnvironment,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const { recipe, output, position } = step
  const logFile = join(environment.cacheDirectory, 'logs', `build-${recipe.fileName}.log`)
  mkdirSync(dirname(logFile), { recursive: true })
  mkdirSync(dirname(output), { recursive: true })
  rmSync(logFile, { force: true })
  removeUnfinished(output)
  const what = `[${position}] building ${recipe.title}`
  const usually = `a first build usually takes about ${toWords(recipe.usualSeconds)}`
  progress({ kind: 'line', text: `${what} (${usually})` })
  const started = performance.now()
  const unfinished = `${output}.${process.pid}.part`
  try {
    const work = goBuild(recipe, unfinished, logFile, environment, signal)
    const describe = (seconds: number): string => `${what}: ${toWords(seconds)} (${usually})`
    await whileTicking(progress, describe, work)
    await rename(unfinished, output)
  } finally {
    rmSync(unfinished, { force: true })
  }
  const seconds = Math.round((performance.now() - started) / 1_000)
  progress({ kind: 'line', text: `[${position}] built ${recipe.title} in ${toWords(seconds)}` })
}

/** What a launcher left that was killed while it built this; the caller holds the lock, so nobody is at it. */
function removeUnfinished(output: string): void {
  const leftovers = readdirSync(dirname(output)).filter(
    (file) => file.startsWith(`${basename(output)}.`) && file.includes('.part'),
  )
  for (const file of leftovers) rmSync(join(dirname(output), file), { force: true })
}

async function goBuild(
  recipe: BinaryRecipe,
  output: string,
  logFile: string,
  environment: LauncherEnvironment,
  signal: AbortSignal | undefined,
): Promise<void> {
  const variables = {
    ...environment.variables,
    CGO_ENABLED: '0',
    // Prometheus has a go.work that names folders which its module does not contain.
    GOWORK: 'off',
    GOTOOLCHAIN: 'local',
    // Version control would be asked for a stamp, and refuses a checkout owned by somebody else.
    GOFLAGS: '-buildvcs=false',
  }
  const run = { program: 'go', directory: environment.cacheDirectory, variables, logFile, signal }
  const directory =
    recipe.directory ?? (await downloadModule(recipe.module ?? '', run, `${output}.json`))
  await runProgram({
    ...run,
    args: [
      '-C',
      directory,
      'build',
      '-trimpath',
      '-ldflags',
      '-s -w',
      '-o',
      output,
      ...recipe.args,
    ],
  })
}

/** Downloads a module and answers the folder it is in, where its own go.mod and go.sum apply. */
async function downloadModule(
  module: string,
  run: Omit<Parameters<typeof runProgram>[0], 'args'>,
  answerFile: string,
): Promise<string> {
  try {
    await runProgram({
      ...run,
      args: ['mod', 'download', '-json', module],
      logFile: answerFile,
    })
    const answer: { readonly Dir: string } = JSON.parse(await readFile(answerFile, 'utf8'))
    return answer.Dir
  } finally {
    rmSync(answerFile, { force: true })
  }
}
