import { createServer } from 'node:net'
import { type StackAddresses, startStack } from '../../deploy/stack/stack.ts'
import { createLoginService } from './login.ts'
import { startChain, startRewardsApi } from './rewards-system.ts'
import { showAudit } from './show-audit.ts'
import { showLogs } from './show-logs.ts'
import { showMetrics } from './show-metrics.ts'
import { showTrace } from './show-trace.ts'
import { showVerdict } from './show-verdict.ts'
import { keepLogs } from '../support/keep-logs.ts'
import type { Terminal } from '../support/terminal.ts'
import { type Answer, sendTraffic } from './traffic.ts'

/**
 * Runs the whole way once and shows what arrived where.
 *
 * @param open - receives everything that must be closed afterwards
 * @param isKept - whether it stays open for people to look around, so that they need the addresses
 * @returns the exit code: 0 only if all four signals were found and the audit trail is proved
 */
export async function runDemo(
  terminal: Terminal,
  open: AsyncDisposableStack,
  isKept: boolean,
): Promise<number> {
  const step = createSteps(terminal)
  const started = performance.now()
  terminal.line(terminal.paint('bold', 'Telltale: one request, four signals, four back ends'))

  const stack = open.use(
    await startStack({ onProgress: (line) => terminal.line(terminal.paint('dim', `  ${line}`)) }),
  )
  const { addresses } = stack
  step('the stack is up: Collector, Jaeger, Loki, PostgreSQL, Redis')

  const [login, databaseUrl, chain, metricsPort] = await Promise.all([
    createLoginService(addresses.redis),
    stack.createDatabase('rewards'),
    startChain({ addresses, logDirectory: addresses.logs }),
    choosePort(9090),
  ])
  open.use(chain)
  const api = open.use(
    await startRewardsApi({
      addresses,
      login,
      databaseUrl,
      chainUrl: chain.url,
      logDirectory: addresses.logs,
      metricsPort,
    }),
  )
  step('rewards-api and its chain run, each started with `node --import telltale/register`')

  const answers = await sendTraffic(api.url, login)
  step(summarize(answers))

  // Anybody's claim would do; this one finds all connections open.
  const traceId = answers.findLast(({ body }) => body['status'] === 'claimed')?.traceId ?? ''
  const failures = await showAll(terminal, {
    metrics: async () => showMetrics(terminal, api.metricsUrl, answers),
    trace: async () => showTrace(terminal, addresses.jaeger, traceId),
    'log lines': async () => showLogs(terminal, addresses.loki, traceId),
    'audit records': async () => showAudit(terminal, addresses.postgresAuditor, traceId, answers),
    'the proof': async () => showVerdict(terminal, addresses),
  })
  terminal.line()
  if (failures.length > 0) {
    const logs = await keepLogs(addresses.logs, 'demo')
    terminal.line(terminal.paint('red', `Not found: ${failures.join(', ')}. Logs: ${logs}`))
    return 1
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  terminal.line(
    terminal.paint(
      'green',
      `All four found, and the audit trail proved, after ${seconds} s in all.`,
    ),
  )
  if (isKept) {
    showAddresses(terminal, { ...addresses, 'rewards-api': api.url, metrics: api.metricsUrl })
    terminal.line(`\n  curl -X POST ${api.url}/quizzes/anchor-expert/claim \\`)
    terminal.line(`    -H 'authorization: Bearer ${await login.logIn('ada')}'`)
  } else {
    terminal.line(terminal.paint('dim', 'npm run demo -- --keep leaves it running to look around.'))
  }
  return 0
}

async function showAll(
  { line, paint }: Terminal,
  parts: Readonly<Record<string, () => Promise<void>>>,
): Promise<string[]> {
  const failures: string[] = []
  for (const [name, show] of Object.entries(parts)) {
    try {
      await show()
    } catch (error) {
      failures.push(name)
      line()
      for (const message of toMessages(error)) line(paint('red', `${name}: ${message}`))
    }
  }
  return failures
}

function toMessages(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  return [error.message, ...toMessages(error.cause)]
}

function createSteps({ line, paint }: Terminal): (text: string) => void {
  let last = performance.now()
  return (text) => {
    const seconds = ((performance.now() - last) / 1_000).toFixed(1)
    last = performance.now()
    line(`${paint('green', '✓')} ${text} ${paint('dim', `(${seconds} s)`)}`)
  }
}

function summarize(answers: readonly Answer[]): string {
  const count = (word: string): number =>
    answers.filter(({ body }) => body['status'] === word).length
  const [early, forged] = [422, 401].map(
    (code) => answers.filter(({ status }) => status === code).length,
  )
  return (
    `${answers.length} requests: ${count('claimed')} claims paid, ${count('already_claimed')} repeat not paid again, ` +
    `${early} quiz not passed, ${forged} forged token`
  )
}

function showAddresses(
  { heading, line, paint }: Terminal,
  addresses: Partial<StackAddresses> & Readonly<Record<string, unknown>>,
): void {
  heading('Running', 'until Ctrl-C')
  for (const [name, value] of Object.entries(addresses)) {
    if (typeof value === 'string') line(`  ${paint('dim', name.padEnd(20))} ${value}`)
  }
}

// The port that everybody expects, unless something else has it.
async function choosePort(wanted: number): Promise<number> {
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(wanted, '0.0.0.0', () => resolve(true))
  })
  await new Promise((resolve) => server.close(resolve))
  return isFree ? wanted : 0
}
