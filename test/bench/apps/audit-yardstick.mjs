// What one would write without this package: JSON.stringify, append to a file, one fdatasync for all records that came
// while the last one ran. With the order "one" it times a lone fdatasync.
import { fdatasync, openSync, write, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serveOrders } from './audit-feeder.mjs'
import { toPlain } from './audit-payload.mjs'

const writeAsync = promisify(write)
const syncAsync = promisify(fdatasync)
const file = openSync(join(process.env.TELLTALE_BENCH_DIRECTORY, 'yardstick.jsonl'), 'a')

if (process.env.TELLTALE_BENCH_YARDSTICK === 'sync') serveSyncs()
else serveOrders(createGroupAppend(file))

function createGroupAppend(descriptor) {
  let group
  let running = false
  const writeGroups = async () => {
    running = true
    while (group) {
      const { lines, resolve, reject } = group
      group = undefined
      try {
        await writeAsync(descriptor, Buffer.from(lines.join('')))
        await syncAsync(descriptor)
        resolve()
      } catch (error) {
        reject(error)
      }
    }
    running = false
  }
  return (number) => {
    group ??= { lines: [], ...Promise.withResolvers() }
    group.lines.push(`${JSON.stringify(toPlain(number))}\n`)
    const { promise } = group
    if (!running) queueMicrotask(() => running || writeGroups())
    return promise
  }
}

/** The line is written first, because a sync without anything to write is nothing; only the sync is timed. */
function serveSyncs() {
  process.on('message', () => {
    writeSync(file, `${JSON.stringify(toPlain(0))}\n`)
    const startedAt = performance.now()
    fdatasync(file, (error) => {
      if (error) throw error
      process.send({ micros: (performance.now() - startedAt) * 1_000 })
    })
  })
  process.on('disconnect', () => process.exit())
  process.send({ ready: true })
}
