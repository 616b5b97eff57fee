import { type Catalogue, counter, defineMetrics, gauge, histogram } from 'telltale'

export const TASKS = ['db_backup', 'db_restore', 'jwt_key_rotation'] as const

/** The metrics of the worker, with the team's names and labels. @param env - the value of their label `env` */
export function defineWorkerMetrics(env: string): WorkerMetrics {
  return defineMetrics(definitions([env]))
}

export type WorkerMetrics = Catalogue<ReturnType<typeof definitions>>

// Counters begin at 0 for this environment: an alert on the first failure would not see one that is born at 1.
function definitions(env: readonly [string]) {
  return {
    backups: counter({
      name: 'db_backup_total',
      description: 'Backups begun.',
      labels: { env },
    }),
    backupsFailed: counter({
      name: 'db_backup_failed_total',
      description: 'Backups that failed.',
      labels: { env },
    }),
    backupDuration: histogram({
      name: 'db_backup_duration_seconds',
      unit: 's',
      description: 'Time of a backup; the alert asks for more than 300 s.',
      labels: { env },
      buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 3_600],
    }),
    backupSize: histogram({
      name: 'db_backup_size_bytes',
      unit: 'By',
      description: 'Size of a backup.',
      labels: { env },
      buckets: [2 ** 10, 2 ** 20, 2 ** 24, 2 ** 27, 2 ** 30, 2 ** 33, 2 ** 36],
    }),
    backupStorage: gauge({
      name: 'db_backup_storage_bytes',
      unit: 'By',
      description: 'Size of all backups that are kept.',
      labels: { env },
    }),
    restores: counter({
      name: 'db_restore_total',
      description: 'Restores begun.',
      labels: { env },
    }),
    restoresFailed: counter({
      name: 'db_restore_failed_total',
      description: 'Restores that failed.',
      labels: { env },
    }),
    keyRotation: counter({
      name: 'jwt_key_rotation_total',
      description: 'What was done to keys.',
      labels: { env, operation: ['rotated', 'retired', 'failed'] },
    }),
    keyRotationDuration: histogram({
      name: 'jwt_key_rotation_duration_seconds',
      unit: 's',
      description: 'Time of a rotation.',
      labels: { env },
    }),
    activeKeys: gauge({
      // A gauge with a counter's name: the team queries it so.
      name: 'jwt_active_keys_total',
      description: 'Keys that tokens are believed by, those in their grace period included.',
      labels: { env },
    }),
    rotations: counter({ name: 'jwt_key_rotations_total', description: 'Keys rotated.' }),
    retirements: counter({
      name: 'jwt_key_retirements_total',
      description: 'Keys whose grace period is over.',
    }),
    rotationErrors: counter({
      name: 'jwt_key_rotation_errors_total',
      description: 'Rotations that failed.',
    }),
    lockContention: counter({
      name: 'jwt_key_rotation_lock_contention_total',
      description: 'Times that another instance had the lock of the rotation.',
    }),
    activeKeyAge: gauge({
      name: 'jwt_active_key_age_seconds',
      unit: 's',
      description: 'Age of the key that signs.',
    }),
    nextRotation: gauge({
      name: 'jwt_next_rotation_timestamp_seconds',
      unit: 's',
      description: 'When the next rotation is due, in seconds since 1970.',
    }),
    tasks: counter({
      name: 'celery_task_total',
      description: 'Tasks that have ended.',
      labels: { task_name: TASKS, status: ['success', 'failure'] },
    }),
    taskDuration: histogram({
      name: 'celery_task_duration_seconds',
      unit: 's',
      description: 'Time of a task.',
      labels: { task_name: TASKS },
      // A rotation takes moments, a backup may take an hour.
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_200, 3_600],
    }),
    workers: gauge({ name: 'celery_workers_active', description: 'Workers of the queue.' }),
    queueLength: gauge({
      name: 'celery_queue_length',
      description: 'Tasks that wait.',
      labels: { queue: ['maintenance'] },
    }),
  } as const
}
