import type { FastifyBaseLogger } from 'fastify'
import type { Pool } from 'pg'
import { audit } from 'telltale'
import { quizSubmitted } from './audit-events.ts'
import type { Identity } from './authentication.ts'
import { inTransaction } from './database.ts'
import { metrics } from './metrics.ts'
import { quizzes } from './quizzes.ts'
import { Refusal } from './refusal.ts'
import { keepResult } from './submissions-table.ts'

/** Somebody hands in a quiz. */
export interface SubmitRequest {
  readonly quizId: string
  readonly answers: readonly string[]
  readonly identity: Identity
  readonly log: FastifyBaseLogger
}

/** What they are told. */
export interface SubmitAnswer {
  readonly submissionId: string
  readonly correct: number
  readonly passed: boolean
}

/**
 * Marks a quiz, keeps the result and records it; who has not passed may try again.
 *
 * @throws {Refusal | AuditError} after which nothing is kept, so that a repeat is safe
 */
export async function submitQuiz(
  { database }: { readonly database: Pool },
  { quizId, answers, identity: { userId }, log }: SubmitRequest,
): Promise<SubmitAnswer> {
  const quiz = quizzes.get(quizId)
  if (!quiz) throw new Refusal(404, 'there is no such quiz')
  const correct = quiz.solution.filter((choice, index) => choice === answers[index]).length
  const passed = correct >= quiz.toPass

  const submissionId = await inTransaction(database, async (client) => {
    const id = await keepResult(client, { quizId, userId, passed, reward: quiz.reward })
    if (id === undefined) throw new Refusal(409, 'you have passed this quiz')
    // Within the transaction: no result is kept of which there is no record.
    const details = { quizId, correct, passed }
    await audit.record(quizSubmitted, { target: { id }, details })
    return id
  })
  metrics.quizzesCompleted.add(1, { passed: passed ? 'true' : 'false' })
  log.info({ userId, quizId, submissionId, passed }, 'quiz submitted')
  return { submissionId, correct, passed }
}
