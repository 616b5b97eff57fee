interface Report {
  readonly status: string
  readonly checks: Readonly<Record<string, { readonly status: string; readonly message?: string }>>
  readonly timestamp: Date
}

/** The answer of `/health` as the team's monitors know it: of each check its status and, if there is one, a message. */
export function toHealthBody({ status, checks, timestamp }: Report): object {
  return {
    status,
    checks: Object.fromEntries(
      Object.entries(checks).map(([name, check]) => [
        name,
        { status: check.status, ...(check.message !== undefined && { message: check.message }) },
      ]),
    ),
    timestamp: timestamp.toISOString(),
  }
}
