import { cpus, release, totalmem, type } from 'node:os'

/** Where the numbers come from; numbers of two machines do not compare. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGibibytes: number
  readonly system: string
  readonly node: string
  /** Versions of what was compared, by package. */
  readonly packages: Readonly<Record<string, string>>
}

/** Describes this machine. */
export function describeMachine(packages: Readonly<Record<string, string>> = {}): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() || process.arch,
    cores: processors.length,
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.version,
    packages,
  }
}

/** The machine in one line. */
export function toLine({ cpu, cores, memoryGibibytes, system, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGibibytes} GiB, ${system}, Node.js ${node}`
}
