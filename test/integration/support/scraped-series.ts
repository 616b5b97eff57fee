/** The series of a metric: labels to value. */
export function series(text: string, name: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => new RegExp(`^${name}(?:\\{| )`).test(line))
  return Object.fromEntries(
    lines.map((line) => [/\{(.*)\}/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))]),
  )
}

/** The labels of a request in the fixtures of HTTP. */
export const labelled = (method: string, path: string, status: number): string =>
  `method="${method}",path_template="${path}",status_code="${status}"`
