import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { ensureBinaries } from '../../deploy/stack/binary-cache.ts'
import { until } from '../../deploy/stack/deadline.ts'
import { readLauncherEnvironment } from '../../deploy/stack/environment.ts'
import { identify } from '../../deploy/stack/process-identity.ts'
import { isAtLeast } from '../../deploy/stack/requirements.ts'
import { createStackCli } from '../support/stack-cli.ts'

test('a machine without Go and Redis is told what is missing and how to get it', async () => {
  await using cli = createStackCli()

  const { code, stderr } = await cli.run(['up', '--only', 'redis,jaeger'], { PATH: '/nonexistent' })

  expect(code).toBe(1)
  expect(stderr).toContain('- Go 1.26.5 or newer; no "go" on PATH. Get it from https://go.dev/dl/')
  expect(stderr).toContain('- Redis 7 (redis-server). Get it with: sudo apt-get install')
  expect(cli.leftFolders()).toEqual([])
})

test('a Go that is too old is named together with the one that is needed', async () => {
  await using cli = createStackCli()
  using go = fakeGo('echo go1.19.8')

  const { stderr } = await cli.run(['up', '--only', 'jaeger'], { PATH: go.path })

  expect(stderr).toContain('- Go 1.26.5 or newer; found 1.19.8.')
})

test('a missing Redis is installed where the launcher may, and it says so', async () => {
  await using cli = createStackCli()
  // Debian's redis-tools, seen from a PATH on which nothing else is: the server under its other name.
  using apt = fakeProgram(
    'apt-get',
    `for server in /usr/bin/redis-server /usr/bin/redis-check-rdb; do
      [ -x "$server" ] && exec /bin/ln -s "$server" "$(/usr/bin/dirname "$0")/redis-check-rdb"
    done`,
  )

  const { code, stderr } = await cli.run(['up', '--only', 'redis'], { PATH: apt.binaries })

  const mayInstall = process.getuid?.() === 0
  expect(stderr).toContain(
    mayInstall
      ? 'Redis is missing: installing the Debian package redis-tools'
      : '- Redis 7 (redis-server). Get it with: sudo apt-get install',
  )
  expect(code).toBe(mayInstall ? 0 : 1)
})

test.each([
  ['1.26.5', true],
  ['1.26.10', true],
  ['1.27rc1', true],
  ['2.0', true],
  ['1.26.4', false],
  ['1.26', false],
  ['1.9.9', false],
])('Go %s is new enough: %s', (version, answer) => {
  expect(isAtLeast(version, '1.26.5')).toBe(answer)
})

test('a failed build shows the end of the compiler output and where the log is', async () => {
  await using cli = createStackCli()
  using go = fakeGo(`
    case "$*" in
      *GOVERSION*) echo go1.26.8 ;;
      *download*) echo '{"Dir": "/tmp"}' ;;
      *) echo 'main.go:7:2: undefined: colour' >&2; exit 1 ;;
    esac`)

  const { code, stderr } = await cli.run(['up', '--only', 'jaeger'], { PATH: go.path })

  expect(code).toBe(1)
  expect(stderr).toContain('[1/1] building Jaeger v1.76.0 (a first build usually takes about')
  expect(stderr).toContain('main.go:7:2: undefined: colour')
  expect(stderr).toContain(join(cli.cacheDirectory, 'logs/build-jaeger-v1.76.0.log'))
  expect(cli.leftFolders()).toEqual([])
})

test('down ends an up that is still building, and the build with it', async () => {
  await using cli = createStackCli()
  using go = fakeGo(`
    case "$*" in
      *GOVERSION*) echo go1.26.8 ;;
      *download*) echo '{"Dir": "/tmp"}' ;;
      *) echo $$ > "$(dirname "$0")/../build"; exec sleep 300 ;;
    esac`)
  const up = cli.run(['up', '--only', 'jaeger'], { PATH: go.path })
  const pidFile = join(go.folder, 'build')
  expect(await until(() => existsSync(pidFile), 20_000)).toBe(true)

  await cli.run(['down'])

  const { code, stderr } = await up
  expect(code).toBe(1)
  expect(stderr).toContain('stack: ended by SIGTERM')
  expect(identify(Number(readFileSync(pidFile, 'utf8')))).toBeUndefined()
  expect(cli.leftFolders()).toEqual([])
})

test('two launchers that need the same program build it once', async () => {
  using go = fakeGo(GO_THAT_BUILDS)
  const environment = {
    ...readLauncherEnvironment({
      ...process.env,
      TELLTALE_CACHE_DIRECTORY: join(go.folder, 'cache'),
    }),
    variables: { ...process.env, PATH: go.path },
  }

  const [first] = await Promise.all([
    ensureBinaries(['promtool'], environment, () => {}),
    ensureInAnotherProcess(environment.cacheDirectory, go.path),
  ])

  expect(readFileSync(join(go.folder, 'builds'), 'utf8')).toBe('built\n')
  expect(readFileSync(first.get('promtool') ?? '', 'utf8')).toBe('a program\n')
})

test('a build that takes long tells how long it has taken', async () => {
  using go = fakeGo(GO_THAT_BUILDS)
  const environment = {
    ...readLauncherEnvironment({
      ...process.env,
      TELLTALE_CACHE_DIRECTORY: join(go.folder, 'cache'),
    }),
    variables: { ...process.env, PATH: go.path },
  }
  const news: string[] = []

  await ensureBinaries(['promtool'], environment, ({ kind, text }) => news.push(`${kind}: ${text}`))

  const version = 'promtool v0.315.0'
  expect(news[0]).toMatch(`line: [1/1] building ${version} (a first build usually takes about`)
  expect(news[1]).toMatch(`tick: [1/1] building ${version}: 1 s (a first build usually takes about`)
  expect(news.at(-1)).toMatch(`line: [1/1] built ${version} in `)
})

// Takes long enough for another launcher to come upon it.
const GO_THAT_BUILDS = `
  case "$*" in
    *GOVERSION*) echo go1.26.8 ;;
    *download*) echo '{"Dir": "/tmp"}' ;;
    *)
      echo built >> "$(dirname "$0")/../builds"
      while [ "$1" != -o ]; do shift; done
      sleep 1.5
      echo 'a program' > "$2"
      chmod +x "$2" ;;
  esac`

interface FakeProgram extends Disposable {
  readonly folder: string
  /** The folder that holds the program and nothing else. */
  readonly binaries: string
  /** A PATH on which the program is found first. */
  readonly path: string
}

function fakeGo(script: string): FakeProgram {
  return fakeProgram('go', script)
}

function fakeProgram(name: string, script: string): FakeProgram {
  const folder = mkdtempSync(join(tmpdir(), 'fake-program-'))
  const program = join(folder, 'bin', name)
  mkdirSync(dirname(program))
  writeFileSync(program, `#!/bin/sh\n${script}\n`)
  chmodSync(program, 0o755)
  return {
    folder,
    binaries: dirname(program),
    path: `${dirname(program)}:/usr/bin:/bin`,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function ensureInAnotherProcess(cacheDirectory: string, path: string): Promise<void> {
  const program = `
    const { promtoolPath } = await import(${JSON.stringify(import.meta.resolve('../../deploy/stack/stack.ts'))})
    await promtoolPath()
  `
  const other = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, TELLTALE_CACHE_DIRECTORY: cacheDirectory, PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await text(other.stdout)
}
