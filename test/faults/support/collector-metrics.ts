/** The sum of a Collector's own counter over all of its label sets; 0 when it is not there yet. */
export async function readCounter(metrics: string, name: string): Promise<number> {
  const response = await fetch(metrics)
  const lines = (await response.text()).split('\n')
  return lines
    .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
