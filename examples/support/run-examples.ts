import { type Stack, startStack } from '../../deploy/stack/stack.ts'
import { type Finding, toFindingKind } from './contract.ts'
import { findPromised } from './find-promised.ts'
import { keepLogs } from './keep-logs.ts'
import { createStage, type Example } from './stage.ts'
import { showTable } from './table.ts'
import type { Terminal } from './terminal.ts'

/** How examples are run. */
export interface RunOptions {
  readonly terminal: Terminal
  /** Receives everything that must be closed afterwards. */
  readonly open: AsyncDisposableStack
}

/**
 * Runs examples one after the other on one stack, and looks for everything each was promised to have.
 *
 * A scenario that fails leaves its whole contract unfound, with its reason.
 */
export async function runExamples(
  examples: readonly Example[],
  { terminal, open }: RunOptions,
): Promise<Finding[]> {
  const { line, paint, heading } = terminal
  const stack = open.use(
    await startStack({
      with: ['prometheus'],
      onProgress: (text) => line(paint('dim', `  ${text}`)),
    }),
  )
  const findings: Finding[] = []
  for (const example of examples) {
    heading(example.name, 'started with node --import telltale/register')
    findings.push(...(await runExample(example, stack, terminal)))
  }
  showTable(terminal, findings)
  if (findings.some(({ found }) => !found)) {
    line(paint('red', `Logs: ${await keepLogs(stack.addresses.logs, 'examples')}`))
  }
  return findings
}

async function runExample(
  example: Example,
  stack: Stack,
  { line, paint }: Terminal,
): Promise<Finding[]> {
  await using open = new AsyncDisposableStack()
  const say = (text: string): void => line(`${paint('green', '✓')} ${text}`)
  const { stage, attempts, healthStates } = createStage(example, stack, open, say)
  try {
    const evidence = await example.run(stage)
    return await findPromised(example, evidence, { attempts, healthStates }, stack.addresses)
  } catch (error) {
    const reason = `the scenario failed: ${error instanceof Error ? error.message : String(error)}`
    line(paint('red', `  ${error instanceof Error ? error.stack : String(error)}`))
    return example.contract.map((promised) => ({
      example: example.name,
      kind: toFindingKind(promised),
      name: promised.name,
      found: false,
      reason,
    }))
  }
}
