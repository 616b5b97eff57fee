import { median } from '../support/statistics.ts'
import { connect } from './connect.ts'
import type { AuditPart } from './part.ts'
import { submissionName, userName } from './trail/happenings.ts'

const RUNS = 9

/** Does about three times as much as the average of all users; user 0 is the busiest. */
const USUAL_USER = userName(5_000)
const BUSIEST_USER = userName(0)
const DAY_MILLIS = 86_400_000

/** How long an auditor waits for the usual questions. */
export const queries: AuditPart = async (progress, run) => {
  const { postgres, postgresAuditor, records, endMillis } = await run.largeTrail()
  await using owner = await connect(postgres)
  await owner.query(ROLLUP)
  const refreshStartedAt = performance.now()
  await owner.query('REFRESH MATERIALIZED VIEW bench_active_users')
  const refreshMillis = performance.now() - refreshStartedAt
  await using auditor = await connect(postgresAuditor)
  const figures = []
  for (const { key, goal, sql, values } of toQuestions(endMillis)) {
    progress(key)
    const millis: number[] = []
    let rows = 0
    for (let time = 0; time <= RUNS; time += 1) {
      const startedAt = performance.now()
      rows = (await auditor.query(sql, values)).rows.length
      millis.push(performance.now() - startedAt)
    }
    const [first, ...warm] = millis
    figures.push({
      key,
      value: median(warm),
      unit: 'ms',
      yardstick: `${goal ? `goal ${goal}; ` : ''}${rows} rows; first time ${Math.round(first!)} ms`,
    })
  }
  await owner.query('DROP MATERIALIZED VIEW bench_active_users')
  return {
    figures: [
      { key: 'queriesRecords', value: records, unit: 'records' },
      ...figures,
      { key: 'queriesRollupRefreshMillis', value: refreshMillis, unit: 'ms' },
    ],
    notes: [
      `medians of ${RUNS} runs as the auditor, after a first one; 200 000 users, of whom the busiest has about 500 times what the average has; 1 000 000 targets`,
      'with the rollup: past days from a materialized view that is refreshed once a day, today from the trail',
    ],
  }
}

interface Question {
  readonly key: string
  readonly goal?: string
  readonly sql: string
  readonly values: unknown[]
}

const EVENTS = `('reward_claimed', 'quiz_submitted')`

const ROLLUP = `
  CREATE MATERIALIZED VIEW bench_active_users AS
  SELECT date_trunc('day', created_at) AS day, count(DISTINCT user_id) AS users
  FROM audit_events WHERE event IN ${EVENTS} GROUP BY 1 WITH NO DATA;
  GRANT SELECT ON bench_active_users TO audit_auditor`

function toQuestions(endMillis: number): readonly Question[] {
  const yesterday = new Date(Math.floor(endMillis / DAY_MILLIS - 1) * DAY_MILLIS)
  const actor = `SELECT * FROM audit.trail WHERE actor_id = $1 AND occurred_at > $2 ORDER BY occurred_at DESC`
  const monthAgo = new Date(endMillis - 30 * DAY_MILLIS)
  return [
    { key: 'queriesActorMillis', goal: 'below 50', sql: actor, values: [USUAL_USER, monthAgo] },
    { key: 'queriesBusiestActorMillis', sql: actor, values: [BUSIEST_USER, monthAgo] },
    {
      key: 'queriesTargetMillis',
      goal: 'below 50',
      sql: `SELECT * FROM audit.trail WHERE target_type = 'quiz_submission' AND target_id = $1 ORDER BY occurred_at`,
      values: [submissionName(1_000)],
    },
    {
      key: 'queriesFailuresMillis',
      goal: 'below 50',
      sql: `SELECT * FROM audit.trail WHERE outcome = 'failure' AND occurred_at >= $1 AND occurred_at < $1::timestamptz + interval '1 day'
        ORDER BY occurred_at DESC, record_id LIMIT 100`,
      values: [yesterday],
    },
    {
      key: 'queriesClaimsPerHourMillis',
      goal: 'below 200',
      sql: `SELECT date_trunc('hour', created_at) AS hour, COUNT(*), SUM(amount) FROM audit_events
        WHERE event = 'reward_claimed' AND created_at > $1::timestamptz - INTERVAL '24 hours' GROUP BY hour ORDER BY hour`,
      values: [new Date(endMillis)],
    },
    {
      key: 'queriesActiveUsersMillis',
      sql: `SELECT date_trunc('day', created_at) AS day, COUNT(DISTINCT user_id) FROM audit_events
        WHERE event IN ${EVENTS} GROUP BY day ORDER BY day DESC`,
      values: [],
    },
    {
      key: 'queriesActiveUsersRollupMillis',
      sql: `SELECT day, users FROM bench_active_users WHERE day < $1
        UNION ALL SELECT $1, COUNT(DISTINCT user_id) FROM audit_events WHERE event IN ${EVENTS} AND created_at >= $1 ORDER BY day DESC`,
      values: [new Date(Math.floor(endMillis / DAY_MILLIS) * DAY_MILLIS)],
    },
  ]
}
