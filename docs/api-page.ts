import { readFileSync } from 'node:fs'
import { exportsOf, type Exported } from './read-exports.ts'
import { page } from './markdown.ts'

const repository = new URL('../', import.meta.url)

/** What stands in a folder of src, for those who look it up. */
const PARTS: Readonly<Record<string, string>> = {
  '': 'Start and end',
  metrics: 'Metrics',
  logging: 'Logs',
  audit: 'Audit trail',
  operations: 'Operations',
  jobs: 'Jobs',
  health: 'Health',
  http: 'HTTP',
  tenancy: 'Tenants',
  core: 'Errors and answers',
  admin: 'Metrics on a port of your own',
}

/** Everything that can be imported, with its types and the comments that stand in the source. */
export function apiPage(): string {
  const [main, ...others] = readEntries()
  const known = exportsOf(main!.file)
  const parts = new Map<string, Exported[]>(Object.keys(PARTS).map((part) => [part, []]))
  for (const one of known) {
    const part = parts.get(one.folder)
    if (!part) throw new Error(`docs/api-page.ts has no heading for src/${one.folder}`)
    part.push(one)
  }
  return page(
    'API',
    'What a program can import, with its types as they stand in the source. Where nothing else is said it comes from `telltale`. How it is used, part by part, is in [the guides](../guide/getting-started.md); options of `init()` are in [Settings](settings.md).',
    ...[...parts].flatMap(([part, all]) => section(PARTS[part]!, all)),
    ...others.flatMap(({ specifier, file }) => {
      const unknown = exportsOf(file).filter(({ code }) => !known.some((one) => one.code === code))
      return section(`From \`${specifier}\``, unknown)
    }),
  )
}

/** The entries of the package, the main one first. */
function readEntries(): readonly { readonly specifier: string; readonly file: string }[] {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', repository), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>
  }
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string' || path === './register') return []
    const file = target.types.replace(/^\.\/dist\//, 'src/').replace(/\.d\.ts$/, '.ts')
    return [{ specifier: `telltale${path.slice(1)}`, file }]
  })
}

function section(heading: string, all: readonly Exported[]): string[] {
  if (all.length === 0) return []
  // What is called comes before the types that it is called with.
  const inOrder = all.toSorted((one, other) => Number(one.isType) - Number(other.isType))
  return [`## ${heading}`, ...inOrder.flatMap(item)]
}

function item({ name, about, code }: Exported): string[] {
  return [`### \`${name}\``, about, `\`\`\`ts\n${code}\n\`\`\``]
}
