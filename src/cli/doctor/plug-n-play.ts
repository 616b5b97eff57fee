import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { preloadsOf } from './start-command.ts'
import type { Application } from './application.ts'

/** How the packages of an application are in Yarn's Plug'n'Play instead of node_modules. */
export interface PlugAndPlay {
  /** The file that says where they are. */
  readonly path: string
  /** Whether a process that is started like the application finds them: yarn puts that into NODE_OPTIONS. */
  readonly isOn: boolean
}

/** Looks for Plug'n'Play at and above the folder of an application; a node_modules that is nearer counts. */
export function findPlugAndPlay({ folder, env }: Application): PlugAndPlay | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, '.pnp.cjs')
    if (existsSync(path)) {
      const isOn = preloadsOf(env['NODE_OPTIONS']).some((each) =>
        /\.pnp\.c?js$/.test(each.specifier),
      )
      return { path, isOn }
    }
    if (existsSync(join(at, 'node_modules')) || dirname(at) === at) return undefined
  }
}
