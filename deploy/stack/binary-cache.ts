import { accessSync, constants, statSync, utimesSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BinaryName, type BinaryRecipe, recipeOf } from './binaries.ts'
import { build } from './build.ts'
import type { LauncherEnvironment } from './environment.ts'
import { lock } from './machine-lock.ts'
import type { Progress } from './progress.ts'

const COLLECTORS_KEPT = 4

/** Says whether any of these programs would have to be built now. */
export async function needsBuilding(
  names: readonly BinaryName[],
  environment: LauncherEnvironment,
): Promise<boolean> {
  const recipes = await Promise.all(names.map(async (name) => recipeOf(name, environment)))
  return recipes.some((recipe) => !isExecutable(pathOf(recipe, environment)))
}

/** Answers the path of each program, after building those that are not in the cache yet. */
export async function ensureBinaries(
  names: readonly BinaryName[],
  environment: LauncherEnvironment,
  progress: Progress,
  signal?: AbortSignal,
): Promise<ReadonlyMap<BinaryName, string>> {
  await mkdir(environment.cacheDirectory, { recursive: true, mode: 0o700 })
  const recipes = await Promise.all(names.map(async (name) => recipeOf(name, environment)))
  const due = recipes.filter((recipe) => !isExecutable(pathOf(recipe, environment)))
  // One after the other: a Go build uses every core by itself.
  for (const [index, recipe] of due.entries()) {
    const position = `${index + 1}/${due.length}`
    await ensureBinary(recipe, position, environment, progress, signal)
  }
  return new Map(recipes.map((recipe) => [recipe.name, pathOf(recipe, environment)]))
}

async function ensureBinary(
  recipe: BinaryRecipe,
  position: string,
  environment: LauncherEnvironment,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const output = pathOf(recipe, environment)
  await using _held = await lock(`build ${output}`, () => {
    progress({
      kind: 'line',
      text: `[${position}] another launcher is building ${recipe.title}; waiting`,
    })
  })
  if (!isExecutable(output))
    await build({ recipe, output, position }, environment, progress, signal)
  if (recipe.name === 'collector') await removeOldCollectors(output)
}

/** Every change to the Collector's sources leaves a binary behind; only the newest few are worth it. */
async function removeOldCollectors(newest: string): Promise<void> {
  utimesSync(newest, new Date(), new Date())
  const folder = join(newest, '..')
  const files = (await readdir(folder))
    .filter((file) => /^otelcol-telltale-[0-9a-f]+$/.test(file))
    .map((file) => join(folder, file))
  const byAge = files.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  await Promise.all(byAge.slice(COLLECTORS_KEPT).map((file) => rm(file, { force: true })))
}

function pathOf(recipe: BinaryRecipe, environment: LauncherEnvironment): string {
  return join(environment.cacheDirectory, 'bin', recipe.fileName)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
