import { parseArgs } from 'node:util'
import { type ComponentName, componentNames } from './component.ts'
import { readLauncherEnvironment } from './environment.ts'
import { messageOf } from './errors.ts'
import { clearLiveLine, toStream } from './progress.ts'
import { toStatus, toTable } from './report.ts'
import { componentsOf } from './stack.ts'
import { recordNameOfUp } from './state.ts'
import { bringDown, bringUp, lookUp } from './up-and-down.ts'

const USAGE = `Usage: npm run stack -- COMMAND [options]

  up       start the stack in the background and print where everything is
  down     stop it and remove everything it has on disk except built programs
  status   say what runs (exit code 1 when not everything does)

  --json                           print one JSON object instead of a table
  --with prometheus,alertmanager   more components (up)
  --only postgres,redis,...        only these components (up)
  --fixed-ports                    well-known ports instead of free ones (up)
  --name NAME                      a second stack of this checkout, beside the one called "default"

docs/reference/stack.md says more.
`

async function main(args: readonly string[]): Promise<number> {
  try {
    const request = readArguments(args)
    if (!request) {
      process.stdout.write(USAGE)
      return 0
    }
    return await commands[request.command](request)
  } catch (error) {
    clearLiveLine(process.stderr)
    process.stderr.write(`stack: ${messageOf(error)}\n`)
    return 1
  }
}

interface Request {
  readonly command: keyof typeof commands
  readonly json: boolean
  readonly fixedPorts: boolean
  readonly components: readonly ComponentName[]
  readonly recordName: string
}

const commands = { up, down, status } as const

async function up(request: Request): Promise<number> {
  const environment = readLauncherEnvironment()
  const progress = toStream(process.stderr)
  const record = await bringUp({ ...request, environment, progress })
  process.stdout.write(request.json ? toJson(toStatus(record).addresses) : toTable(record))
  return 0
}

async function down(request: Request): Promise<number> {
  const environment = readLauncherEnvironment()
  const wasRunning = await bringDown(environment, request.recordName)
  if (request.json) process.stdout.write(toJson({ stopped: wasRunning }))
  else process.stdout.write(wasRunning ? 'the stack is down\n' : 'no stack was running\n')
  return 0
}

async function status(request: Request): Promise<number> {
  const record = await lookUp(readLauncherEnvironment(), request.recordName)
  const found = toStatus(record)
  if (request.json) process.stdout.write(toJson(found))
  else process.stdout.write(record ? toTable(record) : 'no stack is running\n')
  return found.running ? 0 : 1
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

function readArguments(args: readonly string[]): Request | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      with: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true, default: [] },
      'fixed-ports': { type: 'boolean', default: false },
      name: { type: 'string', default: 'default' },
      help: { type: 'boolean', default: false },
    },
  })
  const [command, ...rest] = positionals
  if (values.help || command === undefined) return undefined
  if (!isCommand(command) || rest.length > 0) {
    throw new Error(`the command must be up, down or status; got "${positionals.join(' ')}"`)
  }
  if (!/^[a-z0-9-]{1,40}$/.test(values.name)) {
    throw new Error(`"--name" must match [a-z0-9-]{1,40}; got "${values.name}"`)
  }
  const only = values.only.flatMap(toNames)
  const additions = values.with.flatMap(toNames)
  if (only.length > 0 && additions.length > 0) throw new Error('use either "--only" or "--with"')
  return {
    command,
    json: values.json,
    fixedPorts: values['fixed-ports'],
    components: only.length > 0 ? onlyThese(only) : componentsOf(additions),
    recordName: recordNameOfUp(readLauncherEnvironment(), values.name),
  }
}

function isCommand(text: string): text is keyof typeof commands {
  return Object.hasOwn(commands, text)
}

function toNames(list: string): string[] {
  return list.split(',').filter(Boolean)
}

function onlyThese(names: readonly string[]): readonly ComponentName[] {
  const known: readonly string[] = componentNames
  const unknown = names.find((name) => !known.includes(name))
  if (unknown) throw new Error(`"--only" takes ${known.join(', ')}; got "${unknown}"`)
  return componentNames.filter((name) => names.includes(name))
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
