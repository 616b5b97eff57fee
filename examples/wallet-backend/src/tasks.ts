import { TASKS, type WorkerMetrics } from './worker-metrics.ts'

export type TaskName = (typeof TASKS)[number]

/** Counts and times a task that has ended. */
export function measureTask(
  metrics: WorkerMetrics,
  task_name: TaskName,
  status: 'success' | 'failure',
  seconds: number,
): void {
  metrics.tasks.add(1, { task_name, status })
  metrics.taskDuration.record(seconds, { task_name })
}
