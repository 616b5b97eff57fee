import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assert } from '../../support/assert.ts'
import { runProgram } from '../../support/run-script.ts'
import type { Stage } from '../../support/stage.ts'
import { AUDIT_EVENTS } from '../contract.ts'

/** Looks at the configuration that Loki really has. */
export async function proveRetention({ stack, prove }: Stage): Promise<void> {
  await prove('Loki keeps audit records 90 days and other logs 30', async () => {
    const response = await fetch(`${stack.addresses.loki}/config`)
    const configuration = await response.text()
    const [, own = ''] =
      /\n  retention_period: (\w+)\n  retention_stream:\n/.exec(configuration) ?? []
    assert(own === '30d', `it keeps logs for ${own}`)
    const [, audit = ''] =
      /- period: (\w+)\n\s+priority: 1\n\s+selector: '\{component="audit"\}'/.exec(configuration) ??
      []
    assert(audit === '90d', `it keeps audit records for ${audit}`)
    assert(/\n  retention_enabled: true\n/.test(configuration), 'it never deletes anything')
  })
}

/** Looks at what a process writes to stdout for people and their programs. */
export async function proveAppLog(prove: Stage['prove'], file: string): Promise<void> {
  await prove('the app log is one JSON object a line', async () => {
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const other = lines.find(
      (line) => !/^\{.*\}$|^telltale: |^wallet-backend .*listening at/.test(line),
    )
    assert(other === undefined, `there is a line of another kind: ${other}`)
    const own = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .filter(({ component }) => component === 'app')
    assert(own.length > 0, 'there is no line')
    for (const key of ['time', 'level', 'msg']) {
      const bad = own.find((line) => typeof line[key] !== 'string')
      assert(bad === undefined, `a line has no ${key}: ${JSON.stringify(bad)}`)
    }
  })
}

/** Runs the pipes that the team uses on the audit file, as written. */
export async function proveAuditFile(prove: Stage['prove'], file: string): Promise<void> {
  const directory = pathToFileURL(`${dirname(file)}/`)
  const shell = async (pipe: string): Promise<string> => {
    const { code, stdout, stderr } = await runProgram('sh', { directory, args: ['-c', pipe] })
    assert(code === 0, `${pipe} ended with ${code}: ${stderr}`)
    return stdout.trim()
  }
  await prove('audit.log has every event, one JSON object without spaces a line', async () => {
    const seen = new Set<unknown>()
    for (const line of (await readFile(file, 'utf8')).trimEnd().split('\n')) {
      const parsed = JSON.parse(line) as Readonly<Record<string, unknown>>
      assert(JSON.stringify(parsed) === line, `a line has spaces: ${line}`)
      assert(/^\d{4}-\d\d-\d\dT.+Z$/.test(String(parsed['timestamp'])), `no time: ${line}`)
      seen.add(parsed['action'])
    }
    const missing = AUDIT_EVENTS.map(([name]) => name).filter((name) => !seen.has(name))
    assert(missing.length === 0, `there is no ${missing.join(', ')}`)
  })
  await prove(`grep '"action":"db_backup_failed"' audit.log`, async () => {
    const lines = await shell(`grep '"action":"db_backup_failed"' audit.log`)
    const parsed = JSON.parse(lines.split('\n')[0] ?? '') as Readonly<Record<string, unknown>>
    assert(typeof parsed['error'] === 'string', 'the line does not say why')
  })
  await prove('jq: the events of the last day', async () => {
    // As written it asks for an event that nobody has ("db_backup"); with one that there is, it finds what it should.
    const pipe = `grep '"action":"db_backup_succeeded"' audit.log | jq 'select(.timestamp > (now - 86400 | todate))'`
    assert((await shell(pipe)).includes('db_backup_succeeded'), 'it found nothing')
    const old = pipe.replace('now - 86400', 'now + 86400')
    assert((await shell(old)) === '', 'it found something of tomorrow')
  })
  await prove('jq and awk: the average size of a backup', async () => {
    const pipe = `grep '"action":"db_backup_succeeded"' audit.log | jq -r '.size_bytes' | awk '{ sum += $1 } END { print sum / NR }'`
    assert(Number(await shell(pipe)) > 0, 'it is not above 0')
  })
}
