/** `npm run faults`: injects faults into the real stack and counts what was lost or doubled. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { isGood } from './fault.ts'
import { faults } from './faults.ts'
import { toJson, toTable } from './show.ts'
import { select } from './select.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
// What is waited for is mostly other processes, which keep no event loop alive.
const keepAlive = setInterval(() => {}, 60_000)
// With an exit of its own, so that small disks are unmounted; everything else ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main()
clearInterval(keepAlive)

async function main(): Promise<number> {
  const selected = select(faults, positionals)
  if (typeof selected === 'string') {
    console.error(selected)
    return 2
  }
  if (values.list) {
    for (const { where, name, rounds, about } of selected) {
      console.log(`${where.padEnd(11)}${name.padEnd(28)}${String(rounds).padStart(4)}  ${about}`)
    }
    return 0
  }
  const rounds = readNumber('rounds', 1)
  const seed = readNumber('seed', 0) ?? randomInt(2 ** 31)
  if (rounds instanceof Error || seed instanceof Error) {
    for (const problem of [rounds, seed])
      if (problem instanceof Error) console.error(problem.message)
    return 2
  }
  console.error(`seed ${seed}; repeat with --seed ${seed}`)
  const rows = await runCampaign({ faults: selected, rounds, seed, say, keep: values.keep })
  console.log(values.json ? toJson(rows) : toTable(rows))
  return rows.every(isGood) ? 0 : 1
}

function say(line: string): void {
  console.error(line)
}

function readNumber(name: 'rounds' | 'seed', least: number): number | undefined | Error {
  const given = values[name]
  if (given === undefined) return undefined
  const number = Number(given)
  if (Number.isSafeInteger(number) && number >= least) return number
  return new Error(`"--${name}" must be a whole number of at least ${least}; got "${given}"`)
}
