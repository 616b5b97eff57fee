/** A module that Node.js loads before the application. */
export interface Preload {
  readonly option: '--import' | '--require'
  readonly specifier: string
}

/** A command line that starts an application, as far as it is understood. */
export interface StartCommand {
  /** `node`, or a path to it. */
  readonly program: string
  readonly preloads: readonly Preload[]
  /** Options of Node.js that a process of the doctor needs as well, those of the preloads included. */
  readonly nodeOptions: readonly string[]
  readonly envFiles: readonly { readonly path: string; readonly isOptional: boolean }[]
  /** The file it runs, as it is written. */
  readonly entry: string
  /** Options for a preload that stand behind the file: they are parameters of the application. */
  readonly behind: readonly string[]
  /** Variables that the command sets itself. */
  readonly env: Readonly<Record<string, string>>
}

/** Options whose value may be the next word. */
const WITH_VALUE =
  /^(?:--import|--require|-r|--loader|--experimental-loader|--conditions|-C|--env-file|--env-file-if-exists|--title|--icu-data-dir|--max-http-header-size|--trace-event-categories|--disable-warning)$/

/** Options that would debug, watch, test or measure the doctor's process instead of the application. */
const NOT_OURS =
  /^--(?:inspect|watch|test|cpu-prof|heap-prof|prof|check|heapsnapshot|build|report-)/

/** Not `-r`, which means something in many an application. */
const PRELOAD = /^(--import|--require)(?:=|$)/

/** Programs that are no file. */
const INLINE = /^(?:-e|-p|-pe|--eval|--print|-i|--interactive)$/

/** What stands before the program and passes the rest on. */
const WRAPPERS = /^(?:exec|env|cross-env|cross-env-shell|npx|dumb-init|tini|time|--)$/

/** Scripts may call each other, and themselves. */
const MAX_DEPTH = 5

/**
 * Reads how an application is started; nothing when that is not by Node.js, in a way that is understood.
 *
 * @param scripts - of the application's package.json, for `npm start` and `npm run NAME`
 */
export function readStartCommand(
  words: readonly string[],
  scripts: Readonly<Record<string, string>> = {},
  depth = 0,
): StartCommand | undefined {
  const env: Record<string, string> = {}
  const rest = [...words]
  for (;;) {
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(rest[0] ?? '')
    if (assignment) env[assignment[1]!] = assignment[2]!
    else if (!WRAPPERS.test(rest[0] ?? '')) break
    rest.shift()
  }
  const script = calledScript(rest)
  if (script !== undefined) {
    const inner = depth < MAX_DEPTH ? readScript(scripts[script], scripts, depth + 1) : undefined
    return inner && { ...inner, env: { ...env, ...inner.env } }
  }
  const [program = '', ...parameters] = rest
  const name = program.split('/').at(-1)
  if (name === 'tsx') {
    return readNode(
      'node',
      ['--import', 'tsx', ...parameters.filter((word) => word !== 'watch')],
      env,
    )
  }
  return name === 'node' || name === 'nodejs' ? readNode(program, parameters, env) : undefined
}

/** Reads a script of package.json: of several commands the last that starts Node.js. */
export function readScript(
  line: string | undefined,
  scripts: Readonly<Record<string, string>>,
  depth = 0,
): StartCommand | undefined {
  if (line === undefined) return undefined
  return line
    .split(/&&|\|\||;/)
    .toReversed()
    .map((command) => readStartCommand(toWords(command), scripts, depth))
    .find((command) => command !== undefined)
}

/** A line of shell as words; variables and substitutions stay as they are written. */
export function toWords(line: string): string[] {
  const words: string[] = []
  for (const [word] of line.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs)) {
    words.push(
      word.replaceAll(
        /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs,
        (_all, double?: string, single?: string, escaped?: string) =>
          double?.replaceAll(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? '',
      ),
    )
  }
  return words
}

function calledScript([program, verb, name]: readonly string[]): string | undefined {
  if (!/^(?:npm|yarn|pnpm|bun)$/.test(program ?? '')) return undefined
  if (verb === 'run' || verb === 'run-script') return name
  return program === 'npm' ? (verb === 'start' ? 'start' : undefined) : verb
}

function readNode(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): StartCommand | undefined {
  const nodeOptions: string[] = []
  const preloads: Preload[] = []
  const envFiles: { path: string; isOptional: boolean }[] = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!
    if (!word.startsWith('-')) {
      const behind = words.slice(index + 1).flatMap((each) => PRELOAD.exec(each)?.[1] ?? [])
      return { program, preloads, nodeOptions, envFiles, entry: word, behind, env }
    }
    const [name = '', ...parts] = word.split('=')
    const isLong = parts.length > 0
    const value = isLong ? parts.join('=') : WITH_VALUE.test(name) ? words[(index += 1)] : undefined
    if (INLINE.test(name)) return undefined
    if (NOT_OURS.test(name)) continue
    nodeOptions.push(...(isLong || value === undefined ? [word] : [word, value]))
    const preload = value === undefined ? undefined : toPreload(name, value)
    if (preload) preloads.push(preload)
    if (name.startsWith('--env-file') && value !== undefined) {
      envFiles.push({ path: value, isOptional: name !== '--env-file' })
    }
  }
  return undefined
}

/** The preloads in NODE_OPTIONS, which come before those of the command line. */
export function preloadsOf(nodeOptions: string | undefined): Preload[] {
  const command = readNode('node', [...toWords(nodeOptions ?? ''), 'entry'], {})
  return [...(command?.preloads ?? [])]
}

function toPreload(name: string, specifier: string): Preload | undefined {
  if (name === '--import') return { option: '--import', specifier }
  return name === '--require' || name === '-r' ? { option: '--require', specifier } : undefined
}
