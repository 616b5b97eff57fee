import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** A file of the application's own code. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Files that are read at the most, and the size of each: code of people's own, not of a generator. */
const MAX_FILES = 500
const MAX_BYTES = 2 * 2 ** 20

const IMPORTED =
  /(?:from|import|require|\bnew URL|\bimport)\s*\(?\s*['"`](\.{1,2}\/[^'"`\n]+)['"`]/g
const ENDINGS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '/index.js', '/index.ts']

/** The file that is run and every file that it leads to by relative paths, as far as they are there. */
export function sourceFilesFrom(entry: string): SourceFile[] {
  const files = new Map<string, SourceFile>()
  const open = [entry]
  while (open.length > 0 && files.size < MAX_FILES) {
    const path = open.pop()!
    const text = files.has(path) ? undefined : read(path)
    if (text === undefined) continue
    files.set(path, { path, text })
    for (const [, specifier] of text.matchAll(IMPORTED)) {
      const target = resolveFile(resolve(dirname(path), specifier!))
      if (target !== undefined) open.push(target)
    }
  }
  return [...files.values()]
}

/** `./worker`, and `./worker.js` of TypeScript, mean files with other endings, too. */
export function resolveFile(path: string): string | undefined {
  const bare = path.replace(/\.[cm]?js$/, '')
  return [...ENDINGS.map((ending) => path + ending), `${bare}.ts`, `${bare}.mts`].find(
    (each) => existsSync(each) && statSync(each).isFile(),
  )
}

function read(path: string): string | undefined {
  try {
    return statSync(path).size > MAX_BYTES ? undefined : readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
