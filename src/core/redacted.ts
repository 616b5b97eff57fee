/** What takes the place of a secret. */
export const REDACTED = '[redacted]'
