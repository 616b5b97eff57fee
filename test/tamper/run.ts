/** `npm run tamper`: attacks a filled, checkpointed trail in every way we know, and has each attack looked for. */
import { parseArgs } from 'node:util'
import type { Attack } from './attack.ts'
import { checkpointAttacks } from './attacks/checkpoints.ts'
import { columnAttacks } from './attacks/columns.ts'
import { guardAttacks, unguardedAttacks } from './attacks/guards.ts'
import { rowAttacks } from './attacks/rows.ts'
import { sealAttacks } from './attacks/seals.ts'
import { sideTableAttacks } from './attacks/side-tables.ts'
import { type FilledTrail, fillTrail } from './filled-trail.ts'
import { type Outcome, runAttack, verify } from './run-attack.ts'
import { copyTrail } from './trail-copy.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
process.exitCode = await main(values.json, positionals)

async function main(json: boolean, wanted: readonly string[]): Promise<number> {
  await using trail = await fillTrail((line) => console.error(line))
  await mustBeGreen(trail)
  const attacks = attacksOn(trail).filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  )
  if (attacks.length === 0) {
    console.error(`no attack is called ${wanted.join(' ')}`)
    return 1
  }
  const outcomes: Outcome[] = []
  for (const [index, attack] of attacks.entries()) {
    const outcome = await runAttack(attack, trail.source, `tamper_${index}`)
    outcomes.push(outcome)
    if (!json) console.log(toLine(outcome))
  }
  const missed = outcomes.filter((each) => !each.detected)
  const misnamed = outcomes.filter((each) => each.detected && !each.firstBadRecordRight)
  if (json) console.log(JSON.stringify(outcomes))
  else {
    console.log(
      `\n${outcomes.length} attacks, ${missed.length} not detected, ${misnamed.length} with the wrong first bad record`,
    )
  }
  return missed.length + misnamed.length === 0 ? 0 : 1
}

function attacksOn({ columns }: FilledTrail): readonly Attack[] {
  return [
    ...guardAttacks,
    ...unguardedAttacks,
    ...columnAttacks(columns),
    ...rowAttacks,
    ...sealAttacks,
    ...sideTableAttacks,
    ...checkpointAttacks,
  ]
}

/** An attack proves nothing on a trail that was red before. */
async function mustBeGreen({ source }: FilledTrail): Promise<void> {
  await using copy = await copyTrail(source, 'tamper_untouched')
  const verdict = await verify(copy, ['--loki', copy.lokiUrl])
  if (verdict.verdict !== 'green') {
    throw new Error(`the untouched trail is not green: ${JSON.stringify(verdict)}`)
  }
}

function toLine({ attack, as, detected, firstBadRecordRight, refused, first }: Outcome): string {
  const what = refused === undefined ? (first?.message ?? 'green') : `refused: ${refused}`
  const found = detected ? 'detected' : 'NOT DETECTED'
  const place = firstBadRecordRight ? '' : ' (wrong place)'
  return `${found.padEnd(13)} ${as.padEnd(10)} ${attack}${place}\n${' '.repeat(25)}${what}`
}
