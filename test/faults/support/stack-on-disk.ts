import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Stack, startStack } from '../../../deploy/stack/stack.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

/** A stack that has its own disk. */
export interface StackOnDisk extends AsyncDisposable {
  readonly stack: Stack
  readonly disk: SmallDisk
}

/**
 * Starts a stack with all of its state on a small disk.
 *
 * @throws {NotHere} when this process may not mount
 */
export async function startStackOnDisk(
  mebibytes: number,
  onProgress: (line: string) => void,
): Promise<StackOnDisk> {
  await using begun = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'telltale-disk-'))
  begun.defer(async () => rm(folder, { recursive: true, force: true }))
  // PostgreSQL runs as another user when we are root, and must get there.
  await chmod(folder, 0o755)
  const disk = begun.use(await mountSmallDisk(join(folder, 'disk'), mebibytes))
  const stack = begun.use(await withTemporaryDirectory(disk.path, () => startStack({ onProgress })))
  const running = begun.move()
  return { stack, disk, [Symbol.asyncDispose]: async () => running.disposeAsync() }
}

/** The launcher makes its folders where everybody makes temporary ones. */
async function withTemporaryDirectory<Result>(
  path: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = path
  try {
    return await run()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}
