// Times loggers in one process, in turns, and reports on stderr: stdout, the null device, is what they write to.
import { createRequire } from 'node:module'
import { getLogger } from 'telltale'

const { pino } = createRequire(import.meta.url)('pino')
const ROUNDS = 15
const CALLS = 20_000

const ours = getLogger('bench')
const ourChild = ours.child({ request: 'request-1', route: '/quizzes/:id/claim' })
const theirs = pino(pino.destination({ fd: 1, sync: true }))
const theirChild = theirs.child({ request: 'request-1', route: '/quizzes/:id/claim' })
const fields = { user: 'user-17', amount: '12.5000000', attempt: 2 }
let count = 0

const loops = {
  disabledOurs: () => ours.debug('claimed', fields),
  disabledPino: () => theirs.debug(fields, 'claimed'),
  enabledOurs: () => ours.info('claimed', fields),
  enabledPino: () => theirs.info(fields, 'claimed'),
  childOurs: () => ourChild.info('claimed', fields),
  childPino: () => theirChild.info(fields, 'claimed'),
  makeChildOurs: () => (count += ours.child(fields).isEnabled('debug') ? 1 : 0),
  makeChildPino: () => (count += theirs.child(fields).isLevelEnabled('debug') ? 1 : 0),
}

function nanosPerCall(work) {
  const before = process.cpuUsage()
  for (let call = 0; call < CALLS; call += 1) work()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / CALLS
}

const times = Object.fromEntries(Object.keys(loops).map((name) => [name, []]))
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, work] of Object.entries(loops)) times[name].push(nanosPerCall(work))
  // What the streams still hold is written in nobody's turn.
  await new Promise((resolve) => setTimeout(resolve, 5))
}
process.stderr.write(`${JSON.stringify(times)}\n`)
process.exit(count > 0 ? 1 : 0)
