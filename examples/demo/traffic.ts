import type { LoginService } from './login.ts'

/** What one request was answered. */
export interface Answer {
  readonly user: string
  readonly quiz: string
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly traceId: string
  readonly millis: number
}

/** Claims a reward as somebody. */
export async function claim(
  baseUrl: string,
  request: { readonly user: string; readonly quiz: string; readonly token: string },
): Promise<Answer> {
  const start = performance.now()
  const response = await fetch(`${baseUrl}/quizzes/${request.quiz}/claim`, {
    method: 'POST',
    headers: { authorization: `Bearer ${request.token}`, 'user-agent': 'telltale-demo/1.0' },
  })
  const body: Record<string, unknown> = JSON.parse(await response.text())
  return {
    user: request.user,
    quiz: request.quiz,
    status: response.status,
    body,
    traceId: response.headers.get('trace-id') ?? '',
    millis: performance.now() - start,
  }
}

/** Sends what a morning brings: claims, a repeated one, one too early, one with a forged token. */
export async function sendTraffic(baseUrl: string, login: LoginService): Promise<Answer[]> {
  const tokens = new Map<string, string>()
  for (const user of ['ada', 'grace', 'linus']) tokens.set(user, await login.logIn(user))
  const forged = `${tokens.get('grace')?.split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`

  const plan = [
    { user: 'ada', quiz: 'stellar-basics' },
    { user: 'ada', quiz: 'stellar-basics' },
    { user: 'grace', quiz: 'stellar-basics' },
    { user: 'ada', quiz: 'soroban-advanced' },
    { user: 'linus', quiz: 'soroban-advanced' },
    { user: 'linus', quiz: 'stellar-basics' },
    { user: 'somebody', quiz: 'anchor-expert', token: forged },
    { user: 'grace', quiz: 'anchor-expert' },
  ]
  const answers: Answer[] = []
  for (const { user, quiz, token } of plan) {
    answers.push(await claim(baseUrl, { user, quiz, token: token ?? tokens.get(user) ?? '' }))
  }
  return answers
}
