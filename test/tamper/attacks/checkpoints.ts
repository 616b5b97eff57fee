import { generateKeyPairSync, sign } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Attack } from '../attack.ts'
import type { TrailCopy } from '../trail-copy.ts'
import { middleOf, takeOffGuards } from './tools.ts'

/** Attacks on the checkpoint files and on what they are held against. */
export const checkpointAttacks: readonly Attack[] = [
  {
    name: 'restore an old backup',
    as: 'superuser',
    commit: async (copy, client) => {
      await replaceByBackup(copy, client)
      const { sealer } = middleOf(copy, 'tamper-a')
      return { first: copy.records.map((record) => ({ sealer: record.sealer })).concat({ sealer }) }
    },
  },
  {
    name: 'restore an old backup and roll the checkpoint files back to it',
    as: 'superuser',
    commit: async (copy, client) => {
      await replaceByBackup(copy, client)
      await rollBack(copy, client)
      return {
        first: [{ rule: 'checkpoint-witness' }],
        verifyArguments: ['--loki', copy.lokiUrl],
      }
    },
  },
  {
    name: 'cut the checkpoint file in the middle of its last line',
    as: 'superuser',
    commit: async (copy) => {
      const file = await fileOf(copy)
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.slice(0, -60))
      return {
        first: [
          { rule: 'checkpoint-witness' },
          { rule: 'checkpoint-chain' },
          { rule: 'checkpoint-signature' },
        ],
        verifyArguments: ['--loki', copy.lokiUrl],
      }
    },
  },
  {
    name: 'cut the last checkpoints off the file',
    as: 'superuser',
    commit: async (copy) => {
      const file = await fileOf(copy)
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      await writeFile(file, `${lines.slice(0, -1).join('\n')}\n`)
      return { first: [{ rule: 'checkpoint-witness' }], verifyArguments: ['--loki', copy.lokiUrl] }
    },
  },
  {
    name: 'take a checkpoint out of the middle of the file',
    as: 'superuser',
    commit: async (copy) => {
      const file = await fileOf(copy)
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      await writeFile(file, `${lines.toSpliced(1, 1).join('\n')}\n`)
      return { first: [{ rule: 'checkpoint-chain' }] }
    },
  },
  {
    name: 'forge a checkpoint with another key',
    as: 'superuser',
    commit: async (copy) => {
      const file = await fileOf(copy)
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      lines.push(JSON.stringify({ checkpoint: forgedAfter(lines.at(-1)!) }))
      await writeFile(file, `${lines.join('\n')}\n`)
      return { first: [{ rule: 'checkpoint-signature' }] }
    },
  },
  {
    name: 'change a checkpoint and keep its signature',
    as: 'superuser',
    commit: async (copy) => {
      const file = await fileOf(copy)
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      const note = noteOf(lines[0]!)
      lines[0] = JSON.stringify({ checkpoint: note.replace(/time 20\d\d/, 'time 1999') })
      await writeFile(file, `${lines.join('\n')}\n`)
      return { first: [{ rule: 'checkpoint-signature' }] }
    },
  },
]

async function fileOf(copy: TrailCopy): Promise<string> {
  return join(copy.checkpoints, `${middleOf(copy, 'tamper-a').sealer}.jsonl`)
}

function noteOf(line: string): string {
  return (JSON.parse(line) as { readonly checkpoint: string }).checkpoint
}

/** The same name on the key, so that only the signature gives it away. */
function forgedAfter(line: string): string {
  const note = noteOf(line)
  const [body, signature] = [
    note.slice(0, note.indexOf('\n\n') + 1),
    note.slice(note.indexOf('\n\n') + 2),
  ]
  const [, name, encoded] = signature.trim().split(' ')
  const keyId = Buffer.from(encoded!, 'base64').subarray(0, 4)
  const { privateKey } = generateKeyPairSync('ed25519')
  const text = body.replace(/^(\d+)$/m, (size) => String(Number(size) + 1))
  const signed = Buffer.concat([keyId, sign(null, Buffer.from(text), privateKey)])
  return `${text}\n— ${name} ${signed.toString('base64')}\n`
}

const TABLES = ['records', 'annexes', 'conflicts', 'quarantine', 'seals', 'sealers']

/** Puts the rows of the backup in the place of today's. */
async function replaceByBackup(copy: TrailCopy, client: Client): Promise<void> {
  await takeOffGuards(client)
  const backup = new Client({ connectionString: copy.backupUrl })
  await backup.connect()
  try {
    for (const table of TABLES) {
      await client.query(`DELETE FROM audit.${table}`)
      const { rows } = await backup.query(`SELECT t::text AS row FROM audit.${table} t`)
      for (const { row } of rows) {
        await client.query(`INSERT INTO audit.${table} SELECT ($1::audit.${table}).*`, [row])
      }
    }
  } finally {
    await backup.end()
  }
}

/** Leaves of each checkpoint file what fits the rows that are there now. */
async function rollBack(copy: TrailCopy, client: Client): Promise<void> {
  const { rows } = await client.query<{ sealer: string; size: number }>(
    'SELECT sealer_id AS sealer, count(*)::int AS size FROM audit.seals GROUP BY 1',
  )
  const sizes = new Map(rows.map(({ sealer, size }) => [`${sealer}.jsonl`, size]))
  for (const name of await readdir(copy.checkpoints)) {
    if (!name.endsWith('.jsonl')) continue
    const file = join(copy.checkpoints, name)
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const kept = lines.filter(
      (line) => Number(noteOf(line).split('\n')[1]) <= (sizes.get(name) ?? -1),
    )
    await writeFile(file, kept.map((line) => `${line}\n`).join(''))
  }
}
