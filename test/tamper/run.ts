/** `npm run tamper`: attacks a filled, checkpointed trail in every way we know, and has each attack looked for. */
import { parseArgs } from 'node:util'
import { allAttacks } from './attacks/all.ts'
import { fillTrail } from './filled-trail.ts'
import { type Outcome, runAttack, verifyUntouched } from './run-attack.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
process.exitCode = await main(values.json, positionals)

async function main(json: boolean, wanted: readonly string[]): Promise<number> {
  await using trail = await fillTrail((line) => console.error(line))
  // An attack proves nothing on a trail that was red before.
  const untouched = await verifyUntouched(trail.source)
  if (untouched.verdict !== 'green') {
    console.error(`the untouched trail is not green: ${JSON.stringify(untouched)}`)
    return 1
  }
  const attacks = allAttacks(trail.columns).filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  )
  if (attacks.length === 0) {
    console.error(`no attack is called ${wanted.join(' ')}`)
    return 1
  }
  const outcomes: Outcome[] = []
  for (const [index, attack] of attacks.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- one attacker at a time
    const outcome = await runAttack(attack, trail.source, `tamper_${index}`)
    outcomes.push(outcome)
    if (!json) console.log(toLine(outcome))
  }
  const missed = outcomes.filter((each) => !each.detected)
  const misplaced = outcomes.filter((each) => each.detected && !each.firstBadRecordRight)
  if (json) console.log(JSON.stringify(outcomes))
  else {
    console.log(
      `\n${outcomes.length} attacks, ${missed.length} not detected, ${misplaced.length} with the wrong first bad record`,
    )
  }
  return missed.length + misplaced.length === 0 ? 0 : 1
}

function toLine({ attack, as, detected, firstBadRecordRight, refused, first }: Outcome): string {
  const what = refused === undefined ? (first?.message ?? 'green') : `refused: ${refused}`
  const found = detected ? 'detected' : 'NOT DETECTED'
  const place = firstBadRecordRight ? '' : ' (wrong place)'
  return `${found.padEnd(13)} ${as.padEnd(10)} ${attack}${place}\n${' '.repeat(25)}${what}`
}
