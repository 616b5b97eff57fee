import { toReason } from '../core/errors.ts'
import { parseCheckpointLine } from './checkpoint-files.ts'

/** What Loki answers at most at a time, unless it is told otherwise. */
const PAGE_LINES = 5_000
/** Loki refuses queries over more than 721 hours unless it is told otherwise. */
const WINDOW_MILLIS = 7 * 24 * 3_600_000
/** How far back to look: a year, which is what a trail is kept for at least. */
const OLDEST_MILLIS = 366 * 24 * 3_600_000
const REQUEST_MILLIS = 30_000
const QUERY = '{service="telltale-checkpoints"}'
/** The tenant of what has none. */
const TENANT = 'default'

interface LokiAnswer {
  readonly data: {
    readonly result: readonly { readonly values: readonly (readonly [string, string])[] }[]
  }
}

/**
 * The notes that Loki was sent, the oldest first.
 *
 * @throws {Error} when Loki cannot be asked
 */
export async function readLokiCheckpoints(
  base: string,
  nowMillis: number = Date.now(),
): Promise<string[]> {
  const notes = new Set<string>()
  // Somewhat beyond now, because clocks differ.
  const end = BigInt(nowMillis + 3_600_000) * 1_000_000n
  let start = BigInt(nowMillis - OLDEST_MILLIS) * 1_000_000n
  while (start < end) {
    const until = start + BigInt(WINDOW_MILLIS) * 1_000_000n
    const { lines, last } = await readPage(base, start, until < end ? until : end)
    for (const line of lines) {
      const note = parseCheckpointLine(line)
      if (note !== undefined) notes.add(note)
    }
    // A full page goes on where it ended; lines of that very moment come twice.
    const isFull = lines.length >= PAGE_LINES && last > start
    start = isFull ? last : until
  }
  return [...notes]
}

async function readPage(
  base: string,
  start: bigint,
  end: bigint,
): Promise<{ lines: readonly string[]; last: bigint }> {
  const url = new URL('loki/api/v1/query_range', base.endsWith('/') ? base : `${base}/`)
  url.search = new URLSearchParams({
    query: QUERY,
    start: String(start),
    end: String(end),
    limit: String(PAGE_LINES),
    direction: 'forward',
  }).toString()
  try {
    const answer = await fetch(url, {
      headers: { 'X-Scope-OrgID': TENANT },
      signal: AbortSignal.timeout(REQUEST_MILLIS),
    })
    if (!answer.ok) throw new Error(`it answered ${answer.status}: ${await answer.text()}`)
    const { data } = (await answer.json()) as LokiAnswer
    const values = data.result.flatMap((stream) => stream.values)
    return {
      lines: values.map(([, line]) => line),
      last: values.reduce(
        (latest, [time]) => (BigInt(time) > latest ? BigInt(time) : latest),
        start,
      ),
    }
  } catch (error) {
    throw new Error(`the witness ${url.origin} could not be asked: ${toReason(error)}`, {
      cause: error,
    })
  }
}
