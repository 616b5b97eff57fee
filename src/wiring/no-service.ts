import { realpathSync } from 'node:fs'

const PACKAGE_MANAGER =
  /[\\/](npm-cli|npx-cli|npm|npx|yarn|yarnpkg|pnpm|pnpx|corepack)(\.[cm]?js)?$/
const OWN_COMMAND = /[\\/](?:dist|src)[\\/]cli[\\/]telltale\.[jt]s$/

/**
 * Why a process is not the service, though NODE_OPTIONS has it load the preload as well: `npm start`, and `telltale doctor` in the
 * container of the service. It would take the port, and speak under the service's name.
 *
 * @param script - what it runs
 */
export function reasonForNoService(script: string | undefined): string | undefined {
  if (script === undefined) return undefined
  if (PACKAGE_MANAGER.test(script)) return 'this process is a package manager'
  return OWN_COMMAND.test(pathOf(script)) ? 'this process is the command telltale' : undefined
}

/** Commands are links in node_modules/.bin. */
function pathOf(script: string): string {
  try {
    return realpathSync(script)
  } catch {
    return script
  }
}
