import { REDACTED } from './redacted.ts'

/** What stands between the groups of a card number: spaces and dashes of all kinds, and how a form has a space. */
const BETWEEN = '(?:[ ._+\\u00a0\\u2009\\u2010-\\u2015-]{1,2}|%20)'

/** In one piece, or in the groups that they are printed in. What belongs to a longer number, an id or a fraction is none. */
const CARD = new RegExp(
  `(?:(?<![\\w.]|\\w-)|(?<=%(?:25|(?!25))[\\dA-Fa-f]{2}|\\\\[nrt]))(?:\\d{13,19}|\\d{4}${BETWEEN}\\d{4}${BETWEEN}\\d{4}${BETWEEN}\\d{1,7}|\\d{4}${BETWEEN}\\d{6}${BETWEEN}\\d{4,5})(?!\\w|[.-]\\w)`,
  'g',
)

/** Visa, Mastercard, American Express, Diners, JCB, Discover and UnionPay, Maestro. */
const NETWORKS =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|[245]\d\d)\d{12,15}|(?:50|5[6-8]|6[37])\d{14,17})$/

/** The text without the numbers of payment cards. */
export function replaceCards(text: string): string {
  return text.replace(CARD, (found) =>
    isCardNumber(found.replaceAll('%20', '')) ? REDACTED : found,
  )
}

/** Whether a number is that of a payment card: length, prefix of a network, and check digit (ISO/IEC 7812). */
export function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '')
  if (!NETWORKS.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    const weighted = index % 2 === 0 ? digit : digit * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
