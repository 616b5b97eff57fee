// An application that does nothing: its first line says when it was reached; a moment later, when whatever a preload
// had put off is done too, it says what all of it has cost.
import { writeSync } from 'node:fs'

const startMillis = performance.now()
setTimeout(() => {
  const { user, system } = process.cpuUsage()
  const cpuMillis = (user + system) / 1_000
  const rssBytes = process.memoryUsage.rss()
  writeSync(1, JSON.stringify({ startMillis, cpuMillis, rssBytes }))
  process.kill(process.pid, 'SIGKILL')
}, 250)
