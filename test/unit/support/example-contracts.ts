import { globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Promised } from '../../../examples/support/contract.ts'

const examples = fileURLToPath(new URL('../../../examples', import.meta.url))

/** The metrics that the five teams were promised. */
export async function exampleContracts(): Promise<
  Extract<Promised, { readonly kind: 'metric' }>[]
> {
  const modules = await Promise.all(
    globSync('*/contract.ts', { cwd: examples }).map(
      (path) => import(join(examples, path)) as Promise<Record<string, readonly Promised[]>>,
    ),
  )
  return modules
    .flatMap((module) => Object.values(module).flat())
    .filter((promised) => promised.kind === 'metric')
}
