import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

type Rolldown = typeof import('rolldown')

/** Bundles a file with every package that it imports, by the bundler that vitest brings along. */
export async function bundle(folder: string, from: string, to: string): Promise<void> {
  const beside = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))
  const vite = createRequire(beside.resolve('vite/package.json'))
  const { build } = (await import(pathToFileURL(vite.resolve('rolldown')).href)) as Rolldown
  await build({
    cwd: folder,
    input: join(folder, from),
    platform: 'node',
    external: ['pg-native'],
    output: { file: join(folder, to), format: 'es' },
    logLevel: 'silent',
  })
}
