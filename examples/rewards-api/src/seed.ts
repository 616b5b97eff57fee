/** Quizzes that some people have taken, so that there is something to claim. */
export const seedSubmissions = [
  { id: 'sub-1', quizId: 'stellar-basics', userId: 'ada', passed: true, reward: '12.5000000' },
  { id: 'sub-2', quizId: 'stellar-basics', userId: 'grace', passed: true, reward: '12.5000000' },
  { id: 'sub-3', quizId: 'soroban-advanced', userId: 'ada', passed: true, reward: '75.0000000' },
  { id: 'sub-4', quizId: 'soroban-advanced', userId: 'linus', passed: true, reward: '75.0000000' },
  { id: 'sub-5', quizId: 'anchor-expert', userId: 'grace', passed: true, reward: '120.0000000' },
  { id: 'sub-6', quizId: 'stellar-basics', userId: 'linus', passed: false, reward: '12.5000000' },
  { id: 'sub-7', quizId: 'anchor-expert', userId: 'ada', passed: true, reward: '120.0000000' },
] as const
