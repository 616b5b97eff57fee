/** A quiz, with what nobody who takes it may see. */
export interface Quiz {
  readonly courseId: string
  /** A decimal number as text. */
  readonly reward: string
  /** The right choice for each question. */
  readonly solution: readonly string[]
  /** How many must be right. */
  readonly toPass: number
}

/** The quizzes there are, by id. */
export const quizzes: ReadonlyMap<string, Quiz> = new Map([
  ['stellar-basics', { courseId: 'stellar', reward: '12.5', solution: ['b', 'a', 'd'], toPass: 2 }],
  ['soroban-advanced', { courseId: 'stellar', reward: '75', solution: ['c', 'c', 'a'], toPass: 3 }],
  ['anchor-expert', { courseId: 'anchors', reward: '120', solution: ['a', 'd', 'b'], toPass: 3 }],
])

/** The ids of a course's quizzes; none if there is no such course. */
export function quizzesOf(courseId: string): string[] {
  return [...quizzes].filter(([, quiz]) => quiz.courseId === courseId).map(([id]) => id)
}
