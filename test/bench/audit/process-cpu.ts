import { readdirSync, readFileSync } from 'node:fs'
import { readUsage } from './run-measured.ts'

/** CPU seconds of a process and of all that it has started and that still run. */
export function cpuSecondsOfTree(pid: number): number {
  let sum = 0
  const children = childrenByParent()
  const left = [pid]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    sum += readUsage(next)?.cpuSeconds ?? 0
    left.push(...(children.get(next) ?? []))
  }
  return sum
}

function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = readParent(name)
    if (parent === undefined) continue
    const list = children.get(parent) ?? []
    children.set(parent, [...list, Number(name)])
  }
  return children
}

function readParent(pid: string): number | undefined {
  try {
    return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    // It ended meanwhile.
    return undefined
  }
}
