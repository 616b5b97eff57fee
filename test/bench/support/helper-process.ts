import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appPath, repository } from './variants.ts'

/** A process of the benchmarks that answers one message with one message. */
export interface HelperProcess<Hello> extends AsyncDisposable {
  readonly pid: number
  /** Its first message. */
  readonly hello: Hello
  /** @param timeoutMillis - when the order takes more than a minute */
  ask<Answer>(message: unknown, timeoutMillis?: number): Promise<Answer>
}

/** How a helper process is started. */
export interface HelperOptions {
  readonly nodeArguments?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
}

/** Longer than nearly all orders take; a process that is stuck must not hold the benchmark up for ever. */
const ANSWER_TIMEOUT_MILLIS = 60_000

/** Starts a file of test/bench/apps and waits for its first message. */
export async function startHelper<Hello>(
  file: string,
  { nodeArguments = [], environment = process.env }: HelperOptions = {},
): Promise<HelperProcess<Hello>> {
  const child = fork(appPath(file), [], {
    cwd: repository,
    env: environment,
    execArgv: [...nodeArguments],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  const ended = once(child, 'close')
  const nextMessage = async <Message>(timeoutMillis: number): Promise<Message> => {
    const gone = ended.then(() => Promise.reject(new Error(`${file} ended:\n${errors}`)))
    const signal = AbortSignal.timeout(timeoutMillis)
    const [message] = await Promise.race([once(child, 'message', { signal }), gone])
    return message as Message
  }
  const hello = await nextMessage<Hello>(ANSWER_TIMEOUT_MILLIS)
  return {
    // A process that has said something has been started.
    pid: child.pid!,
    hello,
    async ask<Answer>(message: unknown, timeoutMillis = ANSWER_TIMEOUT_MILLIS) {
      const answer = nextMessage<Answer>(timeoutMillis)
      child.send(message as string)
      return answer
    },
    async [Symbol.asyncDispose]() {
      // Telemetry of a benchmark may be lost; waiting for its last flush would only take time.
      child.kill('SIGKILL')
      await ended
    },
  }
}
