import { REDACTED } from './redacted.ts'
import { isUnlikeProse } from './secret-pairs.ts'

/** `--password hunter2`, as a command that failed is quoted. */
const OPTION =
  /(?<![\w-])--?([A-Za-z][\w-]{1,63})(\s{1,3})(?:"([^"]{1,256})"|'([^']{1,256})'|([^\s"'-]\S{0,255}))/g

/** The text without the values of options of commands that have the name of a secret. */
export function replaceOptions(text: string, isSecretName: (name: string) => boolean): string {
  return text.replace(OPTION, (...found) => replaceOption(found, isSecretName))
}

function replaceOption(found: readonly unknown[], isSecretName: (name: string) => boolean): string {
  const [whole, name, space, double, single, bare] = found as string[]
  const isIt =
    isSecretName(name!) && (bare === undefined || (isUnlikeProse(bare) && !bare.startsWith('[')))
  if (!isIt || [double, single].includes(REDACTED)) return whole!
  const dashes = whole!.slice(0, whole!.indexOf(name!))
  return `${dashes}${name}${space}${REDACTED}`
}
