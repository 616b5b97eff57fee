import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStack, type Stack } from '../../deploy/stack/stack.ts'
import { runCampaign } from '../faults/campaign.ts'
import { faults } from '../faults/faults.ts'
import type { Fault, Row } from '../faults/fault.ts'
import { select } from '../faults/select.ts'

// The short form of `npm run faults`: one fault of each kind, few rounds, on one stack.
const SEED = 20_261_121
const open = new AsyncDisposableStack()
let stack: Stack

beforeAll(async () => {
  stack = open.use(await startStack())
})
afterAll(async () => open.disposeAsync())

test.for([
  ['producer-sigkill', 6],
  ['network-reply-cut', 2],
  ['collector-sigkill', 2],
  ['postgres-immediate-stop', 2],
  ['data-poison', 1],
] as const)(
  '%s: nothing is lost, nothing doubled, and the trail is green',
  async ([name, rounds]) => {
    const rows = await runCampaign({
      faults: select(faults, [name]) as Fault[],
      rounds,
      seed: SEED,
      say: () => {},
      stack,
    })
    // With what the campaign has to say about a row that falls short.
    const [{ recorded, lost, doubled, verdict, notes } = {}] = rows as Partial<Row>[]

    expect({ lost, doubled, verdict, notes }).toMatchObject({
      lost: 0,
      doubled: 0,
      verdict: 'green',
    })
    expect(recorded).toBeGreaterThan(0)
  },
)

test('logs are kept although something that cannot be copied is beside them', async () => {
  const lock = createServer().listen(join(stack.addresses.logs, 'lock'))
  await once(lock, 'listening')
  const said: string[] = []

  const rows = await runCampaign({
    faults: select(faults, ['data-nul']) as Fault[],
    rounds: 1,
    seed: SEED,
    say: (line) => said.push(line),
    stack,
    keep: true,
  })
  const [, kept] = /^kept: (.+)$/m.exec(said.join('\n'))!

  expect(rows).toMatchObject([{ verdict: 'green', lost: 0, doubled: 0 }])
  const files = readdirSync(kept!, { recursive: true }).map(String)
  expect(files).toContainEqual(expect.stringMatching(/logs\/collector\.log$/))
  lock.close()
  rmSync(kept!, { recursive: true, force: true })
}, 300_000)
