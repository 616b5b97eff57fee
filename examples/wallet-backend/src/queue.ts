import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { type ConnectionOptions, type Job, Queue, Worker } from 'bullmq'
import type { BackupOrder } from './backups.ts'

/** A task that is to be done. */
export type Task =
  | { readonly name: 'db_backup'; readonly order: BackupOrder }
  | { readonly name: 'db_restore'; readonly order: BackupOrder & { readonly file: string } }

interface TaskData {
  readonly task: Task
  /** Carries the trace from who orders to who works. */
  readonly headers: Record<string, string>
}

const QUEUE = 'maintenance'
const PREFIX = 'wallet'

/** Makes the queue, for whoever orders. */
export function createQueue(
  connection: ConnectionOptions,
  onError: (error: Error) => void,
): Queue<TaskData> {
  const queue = new Queue<TaskData>(QUEUE, { connection, prefix: PREFIX })
  // Without a listener it would write errors to stderr by itself.
  queue.on('error', onError)
  return queue
}

/** Orders a task. @returns its id */
export async function order(queue: Queue<TaskData>, task: Task): Promise<string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  const { id } = await queue.add(
    task.name,
    { task, headers },
    { removeOnComplete: 1_000, removeOnFail: 1_000 },
  )
  return id ?? ''
}

/** Works on what is ordered, one task at a time, in the trace of who ordered it. */
export function startWorker(
  connection: ConnectionOptions,
  work: (task: Task) => Promise<unknown>,
  onError: (error: Error) => void,
): Worker<TaskData> {
  const worker = new Worker<TaskData>(
    QUEUE,
    async ({ data }: Job<TaskData>) =>
      context.with(propagation.extract(ROOT_CONTEXT, data.headers), async () => work(data.task)),
    { connection, prefix: PREFIX },
  )
  worker.on('error', onError)
  return worker
}
