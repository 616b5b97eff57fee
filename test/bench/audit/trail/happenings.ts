import { hexDigits } from './random.ts'
import type { Happening } from './trail-record.ts'

const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0'

/** How many different users and submissions there are. */
export const USERS = 200_000
export const SUBMISSIONS = 1_000_000

/** The name of a user; low numbers are busy, high ones come once in a while. */
export function userName(number: number): string {
  return `user-${String(number).padStart(6, '0')}`
}

/** The name of a submission. */
export function submissionName(number: number): string {
  return `submission-${String(number).padStart(7, '0')}`
}

const KINDS = [
  { share: 0.4, eventName: 'reward_claimed', action: 'claim_reward' },
  { share: 0.4, eventName: 'quiz_submitted', action: 'submit_quiz' },
  { share: 0.2, eventName: 'user_logged_in', action: 'LOGIN' },
] as const

/** What happens in a service where users solve quizzes and claim rewards; one in fifty things fails. */
export function nextHappening(random: () => number): Happening {
  const kind = pickKind(random())
  // The square makes some users busy: the busiest does about 500 times what the average one does.
  const user = Math.floor(random() ** 2 * USERS)
  const isLogin = kind.action === 'LOGIN'
  return {
    eventName: kind.eventName,
    action: kind.action,
    actorId: userName(user),
    actorType: 'user',
    outcome: random() < 0.02 ? 'failure' : 'success',
    ...(!isLogin && {
      targetType: 'quiz_submission',
      targetId: submissionName(Math.floor(random() ** 2 * SUBMISSIONS)),
    }),
    sourceId: `203.0.113.${user % 256}`,
    sourceType: 'ipv4',
    requestId: hexDigits(random, 32),
    tenantId: user % 3 === 0 ? 'acme' : 'globex',
    userAgent: USER_AGENT,
    traceId: `1${hexDigits(random, 31)}`,
    spanId: `1${hexDigits(random, 15)}`,
    details: isLogin
      ? [['method', 'password']]
      : [
          ['amount', `${1 + (user % 50)}.5000000`],
          ['asset', 'XLM'],
          ['passed', random() < 0.9],
          ['quiz', user % 500],
        ],
  }
}

/** The first record of a stream. */
export function started(serviceName: string, processId: number): Happening {
  return ofTrail('telltale.audit.trail.started', 'START', serviceName, [
    ['processId', processId],
    ['sdkVersion', '0.1.0'],
    ['threadId', 0],
  ])
}

/** The last record of a stream. */
export function stopped(serviceName: string): Happening {
  return ofTrail('telltale.audit.trail.stopped', 'STOP', serviceName, [['clean', true]])
}

function ofTrail(
  eventName: string,
  action: string,
  serviceName: string,
  details: Happening['details'],
): Happening {
  return {
    eventName,
    action,
    actorId: serviceName,
    actorType: 'system',
    outcome: 'success',
    details,
  }
}

function pickKind(at: number): (typeof KINDS)[number] {
  let sum = 0
  for (const kind of KINDS) {
    sum += kind.share
    if (at < sum) return kind
  }
  return KINDS[0]
}
