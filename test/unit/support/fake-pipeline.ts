import type { Pipeline } from '../../../src/otlp/pipeline.ts'

/** A pipeline that leads nowhere; what it was given is kept. */
export interface FakePipeline<Item> extends Pipeline<Item> {
  readonly items: Item[]
  readonly closed: boolean
}

/** Makes a pipeline whose flush takes as long as `flushed`. */
export function createFakePipeline<Item>(
  flushed: Promise<void> = Promise.resolve(),
): FakePipeline<Item> {
  const items: Item[] = []
  let closed = false
  return {
    items,
    get closed() {
      return closed
    },
    add: (item) => void items.push(item),
    size: () => items.length,
    flush: () => flushed,
    hurry: () => undefined,
    close: () => void (closed = true),
    takeLastRequests: () => [],
  }
}
