import { execFile } from 'node:child_process'
import { toReason } from '../../core/errors.ts'
import type { Application } from './application.ts'
import { fine, found, type Finding } from './findings.ts'

const VERSION_MILLIS = 10_000

/** The version of the Node.js that starts the application: the one in its PATH may be another than ours. */
export async function checkNode(application: Application): Promise<Finding[]> {
  const program = application.start?.program ?? process.execPath
  let version: string
  try {
    version = await versionOf(program, application)
  } catch (error) {
    return [found('check-failed', `"${program} --version" cannot be run: ${toReason(error)}`)]
  }
  if (!isAtLeast(version, [22, 15, 0])) {
    return [found('node-too-old', `${program} is Node.js ${version}`)]
  }
  const typescript = [application.entry, ...application.preloads.map((each) => each.specifier)]
    .filter((path) => path !== undefined)
    .find((path) => /\.[cm]?ts$/.test(path))
  const loader = application.preloads.some(({ specifier }) =>
    /(?:^|[/@])(?:tsx|ts-node|swc|jiti|esbuild-register)\b/.test(specifier),
  )
  if (typescript !== undefined && !loader && !isAtLeast(version, [22, 18, 0])) {
    return [found('node-typescript', `${typescript} is TypeScript, and ${program} is ${version}`)]
  }
  return [fine('node', `Node.js ${version}`)]
}

/** Whether a version such as `22.15.0` is this one or a later one. */
export function isAtLeast(
  version: string,
  [major, minor, patch]: [number, number, number],
): boolean {
  const [ours = 0, second = 0, third = 0] = version.split('.').map(Number)
  if (ours !== major) return ours > major
  return second === minor ? third >= patch : second > minor
}

function versionOf(program: string, { cwd, env }: Application): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { PATH: env['PATH'] }, timeout: VERSION_MILLIS }
    execFile(program, ['--version'], options, (error, stdout) => {
      if (error) reject(error)
      else resolve(stdout.trim().replace(/^v/, ''))
    })
  })
}
