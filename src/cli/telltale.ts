#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { commands } from './commands.ts'
import { runCli } from './run-cli.ts'

// A reader that has seen enough, as `| head`, is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await runCli(commands, process.argv.slice(2), {
  env: process.env,
  version: readVersion,
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
})

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
