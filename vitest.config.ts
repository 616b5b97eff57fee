import { defineConfig } from 'vitest/config'

/** One project per folder of test/; CONTRIBUTING.md says what each is for. */
const project = (name: string, timeoutMillis: number, alone: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMillis,
    hookTimeout: timeoutMillis,
    fileParallelism: !alone,
  },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', 20_000, false),
      project('contract', 60_000, false),
      project('integration', 60_000, true),
      project('e2e', 300_000, true),
    ],
  },
})
