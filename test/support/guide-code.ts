import { readFileSync } from 'node:fs'

const repository = new URL('../../', import.meta.url)

/**
 * The blocks of code in a page of the docs that say which file they are, by the comment in their first line.
 *
 * @param path - from the repository's root
 */
export function filesOfGuide(path: string): Readonly<Record<string, string>> {
  const page = readFileSync(new URL(path, repository), 'utf8')
  const blocks = page.matchAll(
    /^```\w+\n(?:\/\/|#) (?<file>[\w./-]+\.\w+)(?: .*)?\n(?<code>.*?)^```$/gms,
  )
  return Object.fromEntries([...blocks].map(({ groups }) => [groups!['file']!, groups!['code']!]))
}
