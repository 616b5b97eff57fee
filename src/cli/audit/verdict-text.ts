import { printable } from '../../core/printable.ts'
import type { Problem, ProofVerdict, Verdict } from '../../verification/verification.ts'

/** A verdict for people. */
export function verdictText(verdict: Verdict): string {
  const { records, seals, sealers, streams, checkpoints, pending, problems, counts, first } =
    verdict
  const lines = [
    `${verdict.verdict}: ${records} records, ${seals} seals by ${sealers} sealers, ${streams} streams, ${checkpoints} checkpoints`,
  ]
  if (pending.seals > 0 || pending.inFlight > 0) {
    lines.push(
      `pending: ${pending.records} records in ${pending.seals} seals beyond the newest checkpoints, ${pending.inFlight} numbers on their way`,
    )
  }
  if (first) lines.push('', 'the first bad record:', ...describe(first))
  const others = problems.filter(
    (problem) => JSON.stringify(problem) !== JSON.stringify(first ?? null),
  )
  if (others.length > 0) lines.push('', first ? 'also:' : 'because:')
  for (const problem of others) lines.push(...describe(problem))
  const listed = Map.groupBy(problems, ({ rule }) => rule)
  for (const [rule, count] of Object.entries(counts)) {
    const shown = listed.get(rule as Problem['rule'])?.length ?? 0
    if (count > shown) lines.push(`  ${rule}: ${count} in all`)
  }
  return lines.join('\n')
}

function describe(problem: Problem): string[] {
  const { rule, recordId, stream, sequence, sealer, seal, leaf, recordedAt } = problem
  return [
    `  ${rule}: ${printable(problem.message)}`,
    ...(recordId === undefined ? [] : [`    record ${recordId}`]),
    ...(stream === undefined
      ? []
      : [`    stream ${printable(stream)}${number('number', sequence)}`]),
    ...(sealer === undefined
      ? []
      : [`    sealer ${sealer}${number('seal', seal)}${number('leaf', leaf)}`]),
    ...(recordedAt === undefined ? [] : [`    stored ${recordedAt}`]),
    `    ${problem.advice}`,
  ]
}

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : `, ${name} ${value}`
}

/** The verdict on a proof, for people. */
export function proofText({
  verdict,
  recordId,
  recordedAt,
  attestedAt,
  problems,
}: ProofVerdict): string {
  return verdict === 'green'
    ? `green: record ${recordId} was stored ${recordedAt} and signed for ${attestedAt}`
    : [
        `red: record ${printable(recordId)} is not proved`,
        ...problems.map((problem) => `  ${printable(problem)}`),
      ].join('\n')
}
