import { dirname, relative, resolve } from 'node:path'
import type { Application } from './application.ts'
import { startsTelltale } from './check-start.ts'
import type { Examination } from './examination.ts'
import { fine, found, type Finding } from './findings.ts'
import { childrenWithoutPreload } from './process-tree.ts'
import { resolveFile, sourceFilesFrom, type SourceFile } from './source-files.ts'
import { preloadsOf } from './start-command.ts'

/** A way to start a thread or another Node.js. */
interface Starter {
  /** A file that does not name this module means something else by the same word. */
  readonly module: RegExp
  readonly call: RegExp
  readonly what: string
}

const STARTERS: readonly Starter[] = [
  { module: /worker_threads/, call: /\bnew Worker\s*\(/g, what: 'a worker thread' },
  { module: /cluster/, call: /\bsetup(?:Primary|Master)\s*\(/g, what: 'cluster workers' },
  { module: /cluster/, call: /\bcluster\.fork\s*\(/g, what: 'cluster workers' },
  { module: /child_process/, call: /(?<![\w$.])fork\s*\(/g, what: 'a process' },
  {
    module: /child_process/,
    call: /\b(?:spawn|execFile)(?:Sync)?\s*\(\s*(?:process\.execPath\b|['"`]node['"`])/g,
    what: 'a process',
  },
]

/** Longer than the parameters of any call that starts something. */
const MAX_CALL = 2_000

/** How the preload comes to this process; a child gets it the same way, unless its options say otherwise. */
interface Inheritance {
  readonly byWords: boolean
  readonly byEnvironment: boolean
}

/** Worker threads, cluster workers and further processes that the application starts without the preload. */
export function checkChildren({ application, hide }: Examination): Finding[] {
  const { start, entry, env } = application
  const inheritance = {
    byWords: (start?.preloads.length ?? 0) > 0,
    byEnvironment: preloadsOf(env['NODE_OPTIONS']).length > 0,
  }
  // Without any preload there is nothing that a child could lose.
  if (entry === undefined || (!inheritance.byWords && !inheritance.byEnvironment)) return []
  const calls = sourceFilesFrom(entry).flatMap((file) => callsIn(file, application))
  const lost = calls.filter((call) => losesPreload(call, inheritance))
  const running = childrenWithoutPreload(application)
  const findings = [
    ...lost.map(({ place, what }) =>
      found('child-without-preload', `${place} starts ${what} that does not get the preload`),
    ),
    ...running.map((what) => found('child-without-preload', hide(what))),
  ]
  if (findings.length > 0 || calls.length === 0) return findings
  const kinds = [...new Set(calls.map(({ what }) => what))].join(', ')
  return [fine('children', `what it starts gets the preload, too: ${kinds}`)]
}

interface Call {
  readonly place: string
  readonly what: string
  /** The call up to its closing bracket. */
  readonly text: string
}

function callsIn({ path, text }: SourceFile, { folder }: Application): Call[] {
  const code = withoutComments(text)
  const starters = STARTERS.filter(({ module }) => module.test(code))
  return starters.flatMap(({ call: pattern, what }) =>
    [...code.matchAll(pattern)].flatMap(({ index }) => {
      const call = callAt(code, index)
      if (startsItself(call, path)) return []
      const line = code.slice(0, index).split('\n').length
      return [{ place: `${relative(folder, path)}:${line}`, what, text: call }]
    }),
  )
}

/** Whether both ways of the preload are cut by what the call says itself; what it takes from a variable may be right. */
function losesPreload({ text }: Call, { byWords, byEnvironment }: Inheritance): boolean {
  const isPassedOn = /--(?:import|require)\b|process\.execArgv/.test(text)
  const ownWords = /^(?:spawn|execFile)/.test(text) || /\bexecArgv\s*:\s*\[/.test(text)
  const ownEnvironment = /\benv\s*:\s*\{/.test(text) && !/process\.env|NODE_OPTIONS/.test(text)
  const keepsWords = isPassedOn || (byWords && !ownWords)
  return !keepsWords && !(byEnvironment && !ownEnvironment)
}

/** A file that calls init() itself, as its first import, needs no preload. */
function startsItself(call: string, from: string): boolean {
  const specifier = /['"`](\.{0,2}\/[^'"`\n]+|[\w./-]+\.[cm]?[jt]s)['"`]/.exec(call)?.[1]
  if (specifier === undefined) return false
  const target = resolveFile(resolve(dirname(from), specifier))
  const file = target === undefined ? undefined : sourceFilesFrom(target)[0]
  return file !== undefined && startsTelltale(file.text)
}

/** With their lines, so that places stay right. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) =>
    comment.replaceAll(/[^\n]/g, ' '),
  )
}

function callAt(code: string, index: number): string {
  const text = code.slice(index, index + MAX_CALL)
  let depth = 0
  for (let at = text.indexOf('('); at < text.length && at >= 0; at += 1) {
    if (text[at] === '(') depth += 1
    else if (text[at] === ')') depth -= 1
    if (depth === 0) return text.slice(0, at + 1)
  }
  return text
}
