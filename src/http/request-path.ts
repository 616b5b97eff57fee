const MAX_LENGTH = 2_048
const MAX_TEMPLATE_LENGTH = 256

/** The path of a request target, as it was sent, without query: also of `GET http://host/path`, which proxies send. */
export function pathOf(url: string | undefined): string {
  if (url === undefined || url === '') return '/'
  const target = url.charCodeAt(0) === 47 ? url : url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '')
  const end = target.search(/[?#]/)
  const path = end === -1 ? target : target.slice(0, end)
  return path === '' ? '/' : path.slice(0, MAX_LENGTH)
}

/**
 * A path whose segments of digits alone became `{id}`: `/courses/17` is `/courses/{id}`.
 *
 * A last resort where no router says what a path matched: whoever asks for paths that are not there makes new ones, up to the
 * bound of the metric's label.
 */
export function templatePath(path: string): string {
  return path.replaceAll(/(?<=\/)\d+(?=\/|$)/g, '{id}').slice(0, MAX_TEMPLATE_LENGTH)
}

/** A text as one word of a log line: what would end the word or the line is percent-encoded. */
export function toWord(text: string): string {
  return text.replaceAll(/[\s"%\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (sign) =>
    sign === '%' ? sign : encodeURIComponent(sign.toWellFormed()),
  )
}
